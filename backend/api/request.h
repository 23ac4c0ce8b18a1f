/* The completion contract of everything that takes time.
 *
 * A call that starts something returns a `struct request`. There is exactly one completion a request: never from
 * inside the call that made it, never after request_cancel. Streams call back with rows until the one completion.
 * The handle is gone once the completion callback has been entered. */
#ifndef API_REQUEST_H
#define API_REQUEST_H

struct request;

/* No callback after this; NULL is fine. */
void request_cancel(struct request *request);

#endif
