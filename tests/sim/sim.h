/* An SNMP agent that serves recordings, many devices in one process, with faults on command.
 *
 * One thread, one loop. A datagram is decoded, answered from a sorted array whose varbinds are encoded
 * already, and its answer goes through the device's faults to the wire. README.md has the command language.
 */
#ifndef SIM_H
#define SIM_H

#include "api/oid.h"
#include "api/value.h"
#include "core/ber.h"
#include "core/memory.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

enum { MESSAGE_MAX = 65507, ITEMS_MAX = 8192, NAMES_MAX = 2048 };

enum pdu {
    PDU_GET = 0xa0,
    PDU_GETNEXT,
    PDU_RESPONSE,
    PDU_SET,
    PDU_TRAP_V1,
    PDU_GETBULK,
    PDU_INFORM,
    PDU_TRAP,
    PDU_REPORT
};
enum { V1 = 0, V2C = 1, V3 = 3 };
enum {
    NO_ERROR,
    TOO_BIG,
    NO_SUCH_NAME,
    BAD_VALUE,
    READ_ONLY,
    GEN_ERR,
    NO_ACCESS,
    WRONG_TYPE,
    WRONG_LENGTH,
    WRONG_ENCODING,
    WRONG_VALUE,
    NO_CREATION,
    INCONSISTENT_VALUE,
    RESOURCE_UNAVAILABLE,
    COMMIT_FAILED,
    UNDO_FAILED,
    AUTHORIZATION_ERROR,
    NOT_WRITABLE,
    INCONSISTENT_NAME
};

/* How a value moves: initial + scale * f(rate * seconds), noise within deviation, kept inside [min, max]. */
struct life {
    enum { LIFE_NUMERIC, LIFE_UPTIME, LIFE_ERROR, LIFE_DELAY } kind;
    enum { SHAPE_LINE, SHAPE_SIN } shape;
    double initial, rate, scale, offset, deviation;
    uint64_t min, max;
    bool wrap;
    int status;   /* LIFE_ERROR */
    int64_t wait; /* LIFE_DELAY, nanoseconds */
};

struct entry {
    const uint32_t *arcs;
    uint32_t n;
    uint32_t ber_n;
    const uint8_t *ber; /* the whole varbind; NULL when the value moves */
    struct value value;
    const struct life *life;
    bool gone; /* in a device's own entries: hides the recording's */
};

struct record {
    struct record *next;
    char *path;
    struct arena *arena;
    struct entry *entries; /* in order, each name once */
    size_t n, broken;      /* lines that make no sense: left out */
};

struct record *record_load(const char *path, char *why, size_t size);
bool record_parse_value(const char *tag, const char *text, struct arena *arena, struct entry *out);
void record_encode(struct arena *arena, struct entry *entry);
/* The first entry at or behind a name. */
size_t record_find(const struct entry *entries, size_t n, const uint32_t *arcs, size_t n_arcs);

struct faults {
    int64_t delay, jitter, reorder_by;
    double loss_in, loss, duplicate, reorder, wrong_id, wrong_source, truncate, mutate;
    int64_t serial_fixed, serial_each; /* nanoseconds a request, a varbind; both 0: answers concurrently */
    int queue;                         /* requests a serial agent holds, the one in work included */
    uint32_t max_size, too_big, max_repetitions;
    enum { BULK_GOOD, BULK_FAILS, BULK_SILENT } bulk;
    bool silent, no_reports;
    int error; /* every request ends so */
    struct oid stuck, back, endless, end;
    int64_t clock; /* seconds the engine's time is off by */
};

struct counts {
    uint64_t requests, answers, varbinds, octets, queue_drops, lost, malformed, refused, most_queued,
        acknowledged;
};

struct rule { /* what may be set */
    struct oid root;
    enum { RULE_READ_ONLY, RULE_WRITE, RULE_CREATE } access;
    bool bounded;
    int64_t low, high;
    int fails; /* a commit or undo error to play, or an error in the check */
};

struct rows { /* a table whose rows come and go by RowStatus */
    struct oid entry;
    uint32_t status;
    struct oid needed; /* columns without which a row is notReady */
};

struct user {
    struct user *next;
    char *name;
    const struct auth *auth;
    const struct priv *priv;
    uint8_t auth_ku[64], priv_ku[64];
};

struct keys { /* a user's keys, localised for one engine */
    struct keys *next;
    const struct user *user;
    uint8_t auth[64], priv[64];
};

struct context {
    struct context *next;
    char *name;
    struct record *record;
};

struct port;

struct device {
    struct device *next;
    char *name, *community, *write;
    struct port *port;
    struct record *record;
    struct context *contexts;
    struct entry *own; /* what was set, in order */
    size_t n_own;
    struct rule *rules;
    size_t n_rules;
    struct rows *rows;
    size_t n_rows;
    struct faults faults;
    struct counts counts;
    int64_t born;     /* monotonic */
    int64_t busy;     /* a serial agent is free again then */
    int queued;
    bool live;        /* uptime and counters with life */
    uint8_t engine[32];
    uint32_t engine_n, boots;
    struct keys *keys;
    uint32_t usm[6];  /* usmStats */
};

/* One request taken apart. */
struct request_in {
    int version;
    enum pdu type;
    int64_t id, non_repeaters, repetitions; /* or error status and index */
    struct varbind *varbinds;
    size_t n;
    bool may_write, refused;
    const struct record *record;
    int64_t extra_delay; /* asked for by a value */
};

struct sim {
    struct device *devices;
    struct record *records;
    struct user *users;
    struct port *ports;
    uint64_t seed;
    bool stop;
};
extern struct sim sim;

int64_t sim_now(void);
double sim_chance(void); /* 0..1 */
struct device *device_find(const char *name);

/* The response's PDU, written in front of `out`; how many varbinds it has. */
size_t agent_answer(struct device *device, struct request_in *request, size_t room, struct ber_out *out);
/* Reads a PDU from `in`. */
bool agent_read(struct ber *in, struct request_in *request);
const struct entry *agent_get(const struct device *d, const struct record *r, const uint32_t *arcs, size_t n);
const struct entry *agent_next(const struct device *d, const struct record *r, const uint32_t *arcs,
                               size_t n);
void agent_value(const struct device *d, const struct entry *e, struct value *out);

/* SET in two phases: an error and its index, or 0. */
int write_all(struct device *device, const struct request_in *request, size_t *index);
void write_own(struct device *device, const uint32_t *arcs, size_t n, const struct value *value);
void write_gone(struct device *device, const uint32_t *arcs, size_t n);
void write_forget(struct device *device);

/* One datagram to its answer, into `out`; false: none. */
bool message_answer(struct device *device, const uint8_t *octets, size_t n, struct ber_out *out,
                    int64_t *wait, size_t *varbinds);

bool usm_user(const char *name, const char *auth, const char *priv, char *why, size_t size);
bool usm_notify(struct device *device, const char *user, const uint8_t *end, struct ber_out *out);
void usm_forget(struct device *device);
uint32_t usm_time(const struct device *device);
bool usm_answer(struct device *device, struct ber in, const uint8_t *whole, size_t whole_n,
                struct ber_out *out, int64_t *wait, size_t *varbinds);

bool net_open(struct device **devices, size_t n, const char *at, char *printed, size_t size, char *why,
              size_t why_size);
struct in_addr net_address(const struct device *device); /* 0 on IPv6 */
void net_send(struct device *device, const struct sockaddr *to, socklen_t length, const uint8_t *octets,
              size_t n);
void net_run(void);
void net_after(int64_t wait, void (*fn)(void *), void *arg);
void net_watch(int fd, void (*fn)(void *, int), void *arg);
void net_unwatch(int fd);

/* Runs one line; the reply's lines go to `reply`. */
void command_run(const char *line, struct buf *reply);
bool notify_send(struct device *device, char **words, int n, char *why, size_t size);

#endif
