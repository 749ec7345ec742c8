/** The service worker keeps what was fetched, so that the next visit needs no network. */

/** Resolves when files are kept from now on; false where this browser keeps none. */
export async function keepFiles(): Promise<boolean> {
  try {
    const { serviceWorker } = navigator;
    if (!serviceWorker) return false;
    // A browser that blocks storage throws here.
    await caches.has('relbert');
    await serviceWorker.register('service-worker.js');
    if (serviceWorker.controller) return true;
    // It takes control of the first visit as well. Where that takes long, the page starts without it.
    return await Promise.race([
      new Promise<true>((resolve) => {
        serviceWorker.addEventListener('controllerchange', () => resolve(true), { once: true });
      }),
      new Promise<false>((resolve) => setTimeout(resolve, 3000, false)),
    ]);
  } catch {
    return false;
  }
}
