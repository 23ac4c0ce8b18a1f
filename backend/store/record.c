/* Writing the journal. An inform's key is looked for in memory and appended to a table: a unique index on random keys
 * would dirty a page for every inform. The memory is two generations of keys, filled from that table at the start. */
#include "store/record.h"

#include "core/memory.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLED = 1 << 12, KEY_SLOTS = 1 << 20, KEYS_A_GENERATION = KEY_SLOTS / 2 };
/* A sender that restarts may use the same request-id for the same words: only what comes this soon is a repetition. */
#define REPEATS_WITHIN ((int64_t) 300 * 1000000000)

struct key_slot {
    uint8_t key[16];
    int64_t at; /* 0: free */
};

struct recorder {
    struct store *store;
    int64_t run, next_id;
    uint64_t frame;
    uint8_t secret[16];
    struct key_slot *keys[2]; /* newer, older */
    uint32_t n_keys;
    uint64_t since_prune;
    int64_t sample, sample_hour; /* 0: none yet */
    uint64_t sampled[SAMPLED];   /* hashes of senders that are in it */
};

static struct key_slot *
find_slot(struct key_slot *generation, const uint8_t key[16])
{
    uint32_t at;

    memcpy(&at, key, sizeof at);
    for (at %= KEY_SLOTS; generation[at].at != 0 && memcmp(generation[at].key, key, 16) != 0;)
        at = (at + 1) % KEY_SLOTS;
    return &generation[at];
}

static bool
within(int64_t a, int64_t b)
{
    return (a > b ? a - b : b - a) <= REPEATS_WITHIN;
}

static bool
remember(struct recorder *recorder, const uint8_t key[16], int64_t at)
{
    struct key_slot *older = find_slot(recorder->keys[1], key), *slot = find_slot(recorder->keys[0], key);
    bool fresh = !(older->at != 0 && within(older->at, at)) && !(slot->at != 0 && within(slot->at, at));

    if (!fresh)
        return false;
    if (slot->at == 0) {
        memcpy(slot->key, key, 16);
        recorder->n_keys++;
    }
    slot->at = at != 0 ? at : 1;
    if (recorder->n_keys == KEYS_A_GENERATION) {
        struct key_slot *oldest = recorder->keys[1];

        recorder->keys[1] = recorder->keys[0];
        recorder->keys[0] = memset(oldest, 0, KEY_SLOTS * sizeof *oldest);
        recorder->n_keys = 0;
    }
    return true;
}

static bool
read_keys(struct recorder *recorder, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(recorder->store, "SELECT key, at FROM inform_seen WHERE id >"
                                      " (SELECT max(id) FROM inform_seen) - 1000000 ORDER BY id", why);
    bool row;

    if (select == NULL)
        return false;
    for (;;) {
        size_t n;
        const uint8_t *key;

        if (!db_row(recorder->store, select, "the journal", &row, why))
            return false;
        if (!row)
            return true;
        key = db_blob(select, 0, &n);
        if (n == 16)
            remember(recorder, key, sqlite3_column_int64(select, 1));
    }
}

static bool
read_start(struct recorder *recorder, struct failure *why)
{
    struct store *store = recorder->store;
    sqlite3_stmt *select = db_prepare(store, "SELECT (SELECT value FROM meta WHERE key='inform-secret'),"
                                      " (SELECT max(id) FROM notification),"
                                      " (SELECT frame FROM progress WHERE run=?)", why);
    const uint8_t *secret;
    bool row, good;
    size_t n;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, recorder->run);
    if (!db_row(store, select, "the journal", &row, why))
        return false;
    secret = db_blob(select, 0, &n);
    good = row && n == sizeof recorder->secret;
    if (good) {
        memcpy(recorder->secret, secret, n);
        recorder->next_id = sqlite3_column_int64(select, 1) + 1;
        recorder->frame = (uint64_t) sqlite3_column_int64(select, 2);
    }
    sqlite3_reset(select);
    return good || failure_set(why, FAILURE_PROTOCOL, "the journal: store %s lacks its secret", store->path);
}

struct recorder *
recorder_open(struct store *store, uint64_t run, struct failure *why)
{
    struct recorder *recorder = memory_zero(1, sizeof *recorder);

    recorder->store = store;
    recorder->run = (int64_t) run;
    for (int i = 0; i < 2; i++)
        recorder->keys[i] = memory_zero(KEY_SLOTS, sizeof *recorder->keys[i]);
    if (read_start(recorder, why) && read_keys(recorder, why))
        return recorder;
    recorder_close(recorder);
    return NULL;
}

void
recorder_close(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    db_rollback(recorder->store);
    free(recorder->keys[0]);
    free(recorder->keys[1]);
    free(recorder);
}

struct store *
recorder_store(const struct recorder *recorder)
{
    return recorder->store;
}

int64_t
recorder_run(const struct recorder *recorder)
{
    return recorder->run;
}

uint64_t
recorder_frame(const struct recorder *recorder)
{
    return recorder->frame;
}

const uint8_t *
recorder_secret(const struct recorder *recorder)
{
    return recorder->secret;
}

void
recorder_set_sample(struct recorder *recorder, int64_t sample, int64_t hour)
{
    if (sample != recorder->sample)
        memset(recorder->sampled, 0, sizeof recorder->sampled);
    recorder->sample = sample;
    recorder->sample_hour = hour;
}

int64_t
recorder_sample(const struct recorder *recorder)
{
    return recorder->sample;
}

bool
recorder_has_sampled(struct recorder *recorder, const char *source)
{
    uint64_t hash = 14695981039346656037u, *slot; /* FNV-1a */

    if (recorder->sample == 0)
        return true;
    for (; *source != '\0'; source++)
        hash = (hash ^ (uint8_t) *source) * 1099511628211u;
    slot = &recorder->sampled[(hash >> 20) % SAMPLED];
    if (*slot == hash)
        return true;
    *slot = hash;
    return false;
}

bool
record_begin(struct recorder *recorder, struct failure *why)
{
    if (!db_begin(recorder->store, why))
        return false;
    if (recorder->sample == 0 || ledger_hour_of(ledger_wall()) == recorder->sample_hour || record_sample(recorder, why))
        return true;
    db_rollback(recorder->store);
    return false;
}

bool
record_inform(struct recorder *recorder, const uint8_t key[16], int64_t at, bool *fresh, struct failure *why)
{
    sqlite3_stmt *insert;

    *fresh = remember(recorder, key, at);
    if (!*fresh)
        return true;
    insert = db_prepare(recorder->store, "INSERT INTO inform_seen(at, key) VALUES(?,?)", why);
    if (insert == NULL)
        return false;
    recorder->since_prune++;
    sqlite3_bind_int64(insert, 1, at);
    db_bind_blob(insert, 2, key, 16);
    return db_done(recorder->store, insert, "the journal", why);
}

bool
record_add(struct recorder *recorder, const struct record *record, int64_t *id, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(recorder->store, "INSERT INTO notification(id, received, version, inform,"
                                      " severity, why, source, origin, device, security, context, name, uptime, pdu,"
                                      " raw) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", why);

    if (insert == NULL)
        return false;
    *id = recorder->next_id++;
    sqlite3_bind_int64(insert, 1, *id);
    sqlite3_bind_int64(insert, 2, record->received);
    sqlite3_bind_int(insert, 3, record->version);
    sqlite3_bind_int(insert, 4, record->inform);
    sqlite3_bind_int(insert, 5, (int) record->severity);
    db_bind_text(insert, 6, record->why);
    db_bind_text(insert, 7, record->source);
    db_bind_text(insert, 8, record->origin);
    db_bind_text(insert, 9, record->device);
    db_bind_text(insert, 10, record->security);
    db_bind_text(insert, 11, record->context);
    db_bind_blob(insert, 12, record->name, record->n_name);
    sqlite3_bind_int64(insert, 13, (int64_t) record->uptime);
    db_bind_blob(insert, 14, record->pdu, record->n_pdu);
    db_bind_blob(insert, 15, record->raw, record->n_raw);
    return db_done(recorder->store, insert, "the journal", why);
}

static bool
prune(struct recorder *recorder, struct failure *why)
{
    if (recorder->since_prune < 10000)
        return true;
    recorder->since_prune = 0;
    return db_run(recorder->store, "DELETE FROM inform_seen WHERE id <="
                  " (SELECT max(id) FROM inform_seen) - 1048576", "the journal", why);
}

bool
record_commit(struct recorder *recorder, uint64_t frame, struct failure *why)
{
    sqlite3_stmt *note = db_prepare(recorder->store, "INSERT INTO progress(run, frame) VALUES(?1,?2)"
                                    " ON CONFLICT(run) DO UPDATE SET frame=?2", why);

    if (note == NULL)
        return false;
    sqlite3_bind_int64(note, 1, recorder->run);
    sqlite3_bind_int64(note, 2, (int64_t) frame);
    if (!db_done(recorder->store, note, "the journal", why) || !prune(recorder, why) ||
        !db_commit(recorder->store, why))
        return false;
    recorder->frame = frame;
    return true;
}
