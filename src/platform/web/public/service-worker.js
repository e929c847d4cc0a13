// Shows what the server pushed. Nothing is kept, nothing is answered: a tap opens the page.
self.addEventListener("push", (event) => {
  const { title, body, link, tag } = event.data?.json() ?? {};
  event.waitUntil(
    // A repeat has the same tag and takes the place of the first.
    self.registration.showNotification(title ?? "Covershare", {
      body: body ?? "",
      tag: tag ?? "covershare",
      data: { link },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = String(event.notification.data?.link ?? "/desk");
  event.waitUntil(self.clients.openWindow(path.startsWith("/") && !path.startsWith("//") ? path : "/desk"));
});
