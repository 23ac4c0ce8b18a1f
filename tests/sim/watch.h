/* ask's verb `watch`: devices that stay open, asked line by line. */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "api/device.h"

/* Commands on standard input, each answered by one line; ADDRESSes are numbered from 0, "A.B.C.D:PORT*N" is N of
 * them.
 *     get I OID      I ok TAG VALUE, or I failed SENTENCE
 *     all OID        all answered=N failed=N tardy=N seconds=S stall_p99=MS stall_max=MS: every device once; how many
 *                    answers came after another device had been given up; how late timers were
 *     status I       state, counters, note
 *     heap           octets of memory in use
 *     renew          every device freed and made anew
 *     counters       of the engine */
int watch_run(struct loop *loop, struct engine *engine, struct device_options *options, char **addresses);

#endif
