export {
  orderedRequirements,
  requirementListSchema,
  requirementNames,
  requirements,
  requirementSchema,
  type Requirement,
} from "./requirements.schema.ts";
export {
  activeServicesAmong,
  ensureCatalogue,
  giveDefaultServices,
  readService,
  replaceServicesOf,
  serviceCatalogue,
  serviceNames,
  servicesOf,
} from "./services.repository.ts";
export { serviceRoutes } from "./services.routes.ts";
export { serviceCodeSchema, serviceSchema, type Service } from "./services.schema.ts";
