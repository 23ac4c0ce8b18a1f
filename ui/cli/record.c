/* trapline record: what an agent says, kept as a file that can be asked later as if it were the agent. */
#include "cli/commands.h"
#include "cli/objects.h"
#include "cli/read.h"

#include "api/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct recorder {
    struct reading reading; /* first: the callbacks' argument */
    FILE *out;
    struct buf lines;
    uint64_t kept;
};

static void
keep(void *arg, const struct varbind *varbinds, size_t n)
{
    struct recorder *r = arg;

    buf_clear(&r->lines);
    for (size_t i = 0; i < n; i++)
        r->kept += recording_write(&r->lines, &varbinds[i]);
    fwrite(r->lines.at, 1, r->lines.n, r->out);
}

static void
walk(struct recorder *recorder)
{
    struct reading *r = &recorder->reading;
    struct device *device;
    struct oid root;
    size_t n;

    if (!cli_objects(r->cli, 2, 1, &root, &n)) {
        r->status = CLI_USAGE;
        return;
    }
    if (n == 0)
        oid_parse(&root, "1.3");
    device = cli_device(r->cli, r->agent, &r->status);
    if (device == NULL)
        return;
    device_walk(device, &root, keep, read_ended, recorder);
    if (!cli_wait(r->cli, &r->done))
        r->status = CLI_IN_PART;
}

static int
run_record(struct cli *cli)
{
    const char *path = cli_operand(cli, 1);
    bool standard = strcmp(path, "-") == 0;
    struct recorder r = { .reading = { .cli = cli, .agent = cli_operand(cli, 0) } };
    char part[4096];
    struct failure why;

    if (snprintf(part, sizeof part, "%s.part", path) >= (int) sizeof part)
        return cli_usage(cli, "the file's name is too long");
    r.out = standard ? stdout : fopen(part, "we");
    if (r.out == NULL) {
        failure_errno(&why, errno, "%s cannot be written", part);
        return cli_failed(cli, &why);
    }
    walk(&r);
    buf_free(&r.lines);
    if (standard)
        return r.reading.status;
    if (ferror(r.out) | fclose(r.out)) {
        failure_errno(&why, errno, "%s could not be written whole", part);
        unlink(part);
        return cli_failed(cli, &why);
    }
    if (r.kept == 0) {
        unlink(part);
        return r.reading.status;
    }
    if (rename(part, path) != 0) {
        failure_errno(&why, errno, "%s cannot be given its name", path);
        return cli_failed(cli, &why);
    }
    fprintf(stderr, "%llu values in %s\n", (unsigned long long) r.kept, path);
    return r.reading.status;
}

const struct cli_command command_record = {
    .name = "record", .operands = "AGENT FILE [OBJECT]", .help = "keep what a device says as a file that can be asked",
    .run = run_record, .takes_agent = true, .least = 2, .most = 3,
};
