#include "core/request.h"

#include <stddef.h>

void
request_cancel(struct request *request)
{
    if (request != NULL)
        request->cancel(request);
}
