import { BlockList, isIP } from "node:net";

/*
 * Which addresses a request made on behalf of somebody else may reach: only those of the public internet. Anything else
 * (this machine, the network around it, a cloud's metadata service) would let whoever names an address use us to look
 * inside (server-side request forgery, OWASP). The ranges are IANA's special-purpose registries for IPv4 and IPv6.
 */

const v4 = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  v4.addSubnet(network, prefix, "ipv4");

/** IPv6 hands out public addresses from one block only; what is special inside it stands below. */
const v6Public = new BlockList();
v6Public.addSubnet("2000::", 3, "ipv6");
const v6Special = new BlockList();
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4 carries an IPv4 address inside: nobody needs it, and it would be a way round the list above.
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  v6Special.addSubnet(network, prefix, "ipv6");

/** Whether `address` (an IPv4 or IPv6 literal, without brackets) belongs to the public internet. Anything odd does not. */
export const isPublicAddress = (address: string): boolean => {
  if (isIP(address) === 4) return !v4.check(address, "ipv4");
  // Mapped IPv4 (::ffff:…) and NAT64 lie outside 2000::/3, so they are refused with everything else.
  return isIP(address) === 6 && v6Public.check(address, "ipv6") && !v6Special.check(address, "ipv6");
};
