/* How a folder makes requests: embed a `struct request` first in its own struct and give it a cancel function. */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "api/request.h"

typedef void request_cancel_fn(struct request *request);

struct request {
    request_cancel_fn *cancel; /* ends the work and frees the request */
};

#endif
