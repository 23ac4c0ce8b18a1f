/* The ring and the counters. Only intake moves `written`, only the writer moves `committed`. */
#include "collector/channel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Programs of two versions do not meet in one channel. */
#define CHANNEL_MAGIC (0x31306c6e6e686374ull + sizeof(struct channel_head) + (sizeof(struct frame) << 32))
#define FRAME_MAGIC 0x314d5254u
enum { HEAD_SIZE = 64 * 1024 };
_Static_assert(sizeof(struct channel_head) <= HEAD_SIZE, "the head fits its pages");

int
channel_make(size_t ring_size, struct failure *why)
{
    int fd = memfd_create("trapline-channel", MFD_CLOEXEC);
    struct channel_head *head;

    if (fd < 0 || ftruncate(fd, (off_t) (HEAD_SIZE + ring_size)) < 0) {
        failure_errno(why, errno, "channel: %zu octets of shared memory", ring_size);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    head = mmap(NULL, HEAD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (head == MAP_FAILED || getrandom(&head->run, sizeof head->run, 0) != sizeof head->run) {
        failure_errno(why, errno, "channel");
        close(fd);
        return -1;
    }
    head->run = head->run >> 1 | 1; /* a positive row id, never 0 */
    head->ring_size = ring_size;
    head->magic = CHANNEL_MAGIC;
    munmap(head, HEAD_SIZE);
    return fd;
}

static bool
map_ring(int fd, struct channel *out)
{
    uint8_t *at = mmap(NULL, 2 * out->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        return false;
    for (int i = 0; i < 2; i++)
        if (mmap(at + (size_t) i * out->size, out->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
                 HEAD_SIZE) == MAP_FAILED)
            return false;
    out->ring = at;
    return true;
}

bool
channel_map(int fd, struct channel *out, struct failure *why)
{
    struct stat st;

    memset(out, 0, sizeof *out);
    if (fstat(fd, &st) < 0 || st.st_size <= HEAD_SIZE)
        return failure_set(why, FAILURE_SYSTEM, "channel: descriptor %d is none; this program is started by "
                           "traplined", fd);
    out->head = mmap(NULL, HEAD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (out->head == MAP_FAILED)
        return failure_errno(why, errno, "channel");
    out->size = (size_t) st.st_size - HEAD_SIZE;
    if (out->head->magic != CHANNEL_MAGIC || out->head->ring_size != out->size ||
        out->head->n_listeners > CHANNEL_LISTENERS)
        return failure_set(why, FAILURE_SYSTEM, "channel: of another version; restart traplined");
    return map_ring(fd, out) || failure_errno(why, errno, "channel: ring of %zu octets", out->size);
}

void
channel_unmap(struct channel *channel)
{
    if (channel->ring != NULL)
        munmap(channel->ring, 2 * channel->size);
    if (channel->head != NULL && channel->head != MAP_FAILED)
        munmap(channel->head, HEAD_SIZE);
    memset(channel, 0, sizeof *channel);
}

static uint64_t
came_to_something(const struct ledger_sums *sums)
{
    uint64_t n = sums->framed + sums->duplicate + sums->malformed + sums->protocol + sums->lost_overflow +
                 sums->lost_restart;

    for (int i = 0; i < REJECT_CAUSES; i++)
        n += sums->rejected[i];
    return n;
}

void
channel_resume(struct channel *channel)
{
    struct channel_head *head = channel->head;
    uint64_t at = head->committed;

    channel->number = head->committed_frame;
    while (at < head->written) {
        const struct frame *f = (const struct frame *) (channel->ring + at % channel->size);

        channel->number = f->number;
        if (f->kind == FRAME_NOTIFICATION && f->listener < CHANNEL_LISTENERS &&
            head->live[f->listener].framed < f->framed)
            head->live[f->listener].framed = f->framed;
        at += f->size;
    }
    for (int i = 0; i < CHANNEL_LISTENERS; i++) {
        struct ledger_sums *sums = &head->live[i];
        uint64_t n = came_to_something(sums);

        if (sums->received > n)
            sums->lost_restart += sums->received - n;
        else
            sums->received = n; /* died between the two: the datagram is told for */
    }
    channel_take_shot(channel);
}

uint8_t *
channel_reserve(struct channel *channel, size_t size)
{
    uint64_t written = atomic_load_explicit(&channel->head->written, memory_order_relaxed);
    uint64_t committed = atomic_load_explicit(&channel->head->committed, memory_order_acquire);

    if (size > FRAME_MAX || written - committed + size > channel->size)
        return NULL;
    return channel->ring + written % channel->size;
}

void
channel_publish(struct channel *channel, size_t size)
{
    struct channel_head *head = channel->head;
    struct frame *f = (struct frame *) (channel->ring + head->written % channel->size);

    f->magic = FRAME_MAGIC;
    f->number = ++channel->number;
    assert(f->size == size);
    head->written_frame = f->number;
    atomic_store_explicit(&head->written, head->written + size, memory_order_release);
}

size_t
channel_waiting(const struct channel *channel)
{
    return (size_t) (channel->head->written - channel->head->committed);
}

void
channel_take_shot(struct channel *channel)
{
    struct channel_head *head = channel->head;
    uint64_t next = head->shot + 1;

    memcpy(head->shots[next & 1], head->live, sizeof head->live);
    atomic_store_explicit(&head->shot, next, memory_order_release);
    atomic_store_explicit(&head->told, head->written, memory_order_release);
}

void
channel_sums(const struct channel *channel, struct ledger_sums sums[CHANNEL_LISTENERS])
{
    struct channel_head *head = channel->head;

    for (int tries = 0; tries < 100; tries++) {
        uint64_t before = atomic_load_explicit(&head->shot, memory_order_acquire);

        memcpy(sums, head->shots[before & 1], sizeof head->shots[0]);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&head->shot, memory_order_relaxed) == before)
            return;
    }
}

int
channel_read(const struct channel *channel, uint64_t *at, uint8_t *copy)
{
    uint64_t told = atomic_load_explicit(&channel->head->told, memory_order_acquire);
    struct frame f;

    if (*at == told)
        return 0;
    if (told < *at || told - *at > channel->size || told - *at < sizeof f)
        return -1;
    memcpy(&f, channel->ring + *at % channel->size, sizeof f);
    if (f.magic != FRAME_MAGIC || f.size > FRAME_MAX || f.size > told - *at || f.n_pdu > FRAME_MAX ||
        f.n_raw > FRAME_MAX || f.size != frame_size(&f) || f.listener >= CHANNEL_LISTENERS)
        return -1;
    memcpy(copy, &f, sizeof f); /* what was checked, not what may stand there now */
    memcpy(copy + sizeof f, channel->ring + *at % channel->size + sizeof f, f.size - sizeof f);
    *at += f.size;
    return 1;
}

void
channel_commit(struct channel *channel, uint64_t at, uint64_t number)
{
    atomic_store_explicit(&channel->head->committed_frame, number, memory_order_release);
    atomic_store_explicit(&channel->head->committed, at, memory_order_release);
}
