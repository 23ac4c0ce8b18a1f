/* Sessions against a real snmpd: every version, every protocol, and what goes wrong. */
#include "api/device.h"
#include "snmp-agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct helper agent;
static struct loop *loop;
static struct engine *engine;
static char directory[] = "/tmp/tl-session.XXXXXX";

static const struct oid sys_uptime = { 9, { 1, 3, 6, 1, 2, 1, 1, 3, 0 } };
static const struct oid sys_contact = { 9, { 1, 3, 6, 1, 2, 1, 1, 4, 0 } };
static const struct oid sys_nothing = { 9, { 1, 3, 6, 1, 2, 1, 1, 99, 0 } };
static const struct oid system_group = { 7, { 1, 3, 6, 1, 2, 1, 1 } };

struct result {
    bool done;
    struct failure failure;
    int error_status, error_index;
    struct varbind *varbinds[256];
    size_t n, rows;
    char note[512];
    bool increasing;
};

static void
keep_reply(void *arg, const struct device_reply *reply)
{
    struct result *r = arg;

    assert_false(r->done);
    r->done = true;
    if (reply->failure != NULL)
        r->failure = *reply->failure;
    r->error_status = reply->error_status;
    r->error_index = reply->error_index;
    for (r->n = 0; r->n < reply->n && r->n < 256; r->n++)
        r->varbinds[r->n] = varbind_copy(&reply->varbinds[r->n]);
}

static void
keep_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    struct result *r = arg;

    for (size_t i = 0; i < n; i++, r->rows++) {
        if (r->n > 0 && oid_compare(&varbinds[i].name, &r->varbinds[(r->n - 1) % 256]->name) <= 0)
            r->increasing = false;
        if (r->n < 256)
            r->varbinds[r->n++] = varbind_copy(&varbinds[i]);
    }
}

static void
keep_end(void *arg, const struct walk_end *end)
{
    struct result *r = arg;

    r->done = true;
    if (end->failure != NULL)
        r->failure = *end->failure;
    if (end->note != NULL)
        snprintf(r->note, sizeof r->note, "%s", end->note);
}

static void
forget(struct result *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->varbinds[i]);
    memset(r, 0, sizeof *r);
    r->increasing = true;
}

static void
wait_for(const bool *done)
{
    int64_t end = loop_clock() + LOOP_S(20);

    while (!*done && loop_clock() < end)
        loop_turn(loop, 100);
    assert_true(*done);
}

static struct device *
open_device(const struct device_access *access, const char *host, int port, int64_t timeout, int retries)
{
    char address[128];
    struct device_options options = { .address = address, .access = *access, .timeout = timeout, .retries = retries };
    struct failure why;
    struct device *device;

    snprintf(address, sizeof address, "%s:%d", host, port);
    device = device_new(engine, &options, &why);
    if (device == NULL)
        fail_msg("%s", why.text);
    return device;
}

static void
get(struct device *device, const struct oid *names, size_t n, struct result *r)
{
    forget(r);
    device_get(device, names, n, keep_reply, r);
    assert_false(r->done);
    wait_for(&r->done);
}

static void
expect_uptime(struct device *device)
{
    struct result r = { 0 };

    get(device, &sys_uptime, 1, &r);
    if (r.failure.kind != FAILURE_NONE)
            fail_msg("%s", r.failure.text);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.varbinds[0]->value.type, VALUE_TIMETICKS);
    forget(&r);
}

static const struct device_access v2c = { .version = SNMP_V2C, .community = "public" };
static const struct device_access v1 = { .version = SNMP_V1, .community = "public" };

static struct device_access
v3(const char *user, const char *auth, const char *priv)
{
    return (struct device_access) { .version = SNMP_V3, .user = user, .auth = auth, .priv = priv,
                                    .level = priv != NULL ? SNMP_AUTH_PRIV : auth != NULL ? SNMP_AUTH_NO_PRIV
                                                                                          : SNMP_NO_AUTH_NO_PRIV,
                                    .auth_password = "auth-password", .priv_password = "priv-password" };
}

static void
test_get(void **state)
{
    const struct device_access *versions[] = { &v1, &v2c };
    struct oid names[] = { sys_uptime, sys_nothing, sys_contact };
    struct result r = { 0 };

    (void) state;
    for (int i = 0; i < 2; i++) {
        struct device *device = open_device(versions[i], "127.0.0.1", agent.port, 0, -1);
        struct device_status status;

        get(device, names, 3, &r);
        assert_int_equal(r.failure.kind, FAILURE_NONE);
        assert_int_equal(r.n, 3);
        assert_int_equal(r.varbinds[0]->value.type, VALUE_TIMETICKS);
        assert_true(value_is_exception(&r.varbinds[1]->value));
        assert_int_equal(oid_compare(&r.varbinds[1]->name, &sys_nothing), 0);
        assert_int_equal(r.varbinds[2]->value.type, VALUE_OCTETS);
        device_status(device, &status);
        assert_int_equal(status.state, DEVICE_ANSWERS);
        assert_true(status.latency > 0 && status.latency < LOOP_S(1));
        device_free(device);
    }
    forget(&r);
}

static void
test_get_many(void **state)
{
    struct device *device = open_device(&v2c, "udp:127.0.0.1", agent.port, 0, -1);
    struct oid names[200];
    struct result r = { 0 };

    (void) state;
    for (uint32_t i = 0; i < 200; i++) {
        names[i] = sys_uptime;
        names[i].arc[7] = i % 9 + 1;
    }
    get(device, names, 200, &r);
    assert_int_equal(r.failure.kind, FAILURE_NONE);
    assert_int_equal(r.n, 200);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(oid_compare(&r.varbinds[i]->name, &names[i]), 0);
    forget(&r);
    device_free(device);
}

static void
test_ipv6(void **state)
{
    struct device *device = open_device(&v2c, "udp6:[::1]", agent.port, 0, -1);

    (void) state;
    expect_uptime(device);
    device_free(device);
}

static void
test_v3(void **state)
{
    static const char *const auths[] = { NULL, "MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512" };
    static const char *const privs[] = { NULL, "DES", "AES-128", "AES-192", "AES-256" };

    (void) state;
    for (size_t a = 0; a < sizeof auths / sizeof *auths; a++)
        for (size_t p = 0; p < (auths[a] != NULL ? sizeof privs / sizeof *privs : 1); p++) {
            char user[64];
            struct device_access access;
            struct device *device;

            snprintf(user, sizeof user, "%s%s%s", auths[a] != NULL ? auths[a] : "nobody", privs[p] != NULL ? "." : "",
                     privs[p] != NULL ? privs[p] : "");
            print_message("# %s\n", user);
            access = v3(user, auths[a], privs[p]);
            device = open_device(&access, "127.0.0.1", agent.port, 0, -1);
            expect_uptime(device);
            expect_uptime(device);
            device_free(device);
        }
}

static void
expect_refusal(const struct device_access *access, enum failure_kind kind, const char *words)
{
    struct device *device = open_device(access, "127.0.0.1", agent.port, LOOP_MS(150), 1);
    struct result r = { 0 };

    get(device, &sys_uptime, 1, &r);
    assert_int_equal(r.failure.kind, kind);
    if (strstr(r.failure.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", r.failure.text, words);
    forget(&r);
    device_free(device);
}

static void
test_v3_refused(void **state)
{
    struct device_access access = v3("SHA-256.AES-128", "SHA-256", "AES-128");

    (void) state;
    access.auth_password = "wrong-password";
    expect_refusal(&access, FAILURE_REFUSED, "authentication password");
    access.auth_password = "auth-password";
    access.priv_password = "wrong-password";
    expect_refusal(&access, FAILURE_UNREACHABLE, "privacy password");
    access.user = "stranger";
    expect_refusal(&access, FAILURE_REFUSED, "knows no user");
    /* And then the right ones: nothing wrong is kept anywhere. */
    access = v3("SHA-256.AES-128", "SHA-256", "AES-128");
    {
        struct device *device = open_device(&access, "127.0.0.1", agent.port, 0, -1);

        expect_uptime(device);
        device_free(device);
    }
    access = v3("SHA-256", "SHA-256", NULL);
    access.level = SNMP_NO_AUTH_NO_PRIV;
    {
        struct device *device = open_device(&access, "127.0.0.1", agent.port, 0, -1);
        struct result r = { 0 };

        get(device, &sys_uptime, 1, &r);
        assert_int_equal(r.failure.kind, FAILURE_REFUSED);
        assert_int_equal(r.error_status, 16);
        forget(&r);
        device_free(device);
    }
}

static void
test_silence(void **state)
{
    struct device_access access = v2c;

    (void) state;
    access.community = "nobody knows";
    expect_refusal(&access, FAILURE_UNREACHABLE, "no answer");
}

static void
test_walk(void **state)
{
    const struct device_access *versions[] = { &v1, &v2c };
    size_t n[2];

    (void) state;
    for (int i = 0; i < 2; i++) {
        struct device *device = open_device(versions[i], "127.0.0.1", agent.port, 0, -1);
        struct result r = { .increasing = true };

        device_walk(device, &system_group, keep_rows, keep_end, &r);
        wait_for(&r.done);
        assert_int_equal(r.failure.kind, FAILURE_NONE);
        assert_string_equal(r.note, "");
        assert_true(r.increasing);
        assert_true(r.rows > 10);
        n[i] = r.rows;
        forget(&r);
        device_walk(device, &sys_uptime, keep_rows, keep_end, &r); /* a leaf */
        wait_for(&r.done);
        assert_int_equal(r.rows, 1);
        forget(&r);
        device_free(device);
    }
    assert_int_equal(n[0], n[1]);
}

static void
set_contact(struct device *device, const char *text, struct result *r)
{
    struct varbind vb = { .name = sys_contact,
                          .value = { .type = VALUE_OCTETS, .n = (uint32_t) strlen(text),
                                     .octets = (const uint8_t *) text } };

    forget(r);
    device_set(device, &vb, 1, keep_reply, r);
    assert_false(r->done);
    wait_for(&r->done);
}

static void
test_set(void **state)
{
    struct device_access access = v3("SHA-256.AES-128", "SHA-256", "AES-128");
    struct device *device = open_device(&access, "127.0.0.1", agent.port, 0, -1);
    struct result r = { 0 };
    struct varbind wrong = { .name = sys_uptime, .value = { .type = VALUE_INTEGER, .i = 1 } };

    (void) state;
    set_contact(device, "somebody", &r);
    assert_int_equal(r.failure.kind, FAILURE_NONE);
    get(device, &sys_contact, 1, &r);
    assert_int_equal(r.varbinds[0]->value.n, 8);
    assert_memory_equal(r.varbinds[0]->value.octets, "somebody", 8);
    forget(&r);
    device_set(device, &wrong, 1, keep_reply, &r);
    wait_for(&r.done);
    assert_int_equal(r.failure.kind, FAILURE_REFUSED);
    assert_int_equal(r.error_status, 17);
    assert_int_equal(r.error_index, 1);
    assert_non_null(strstr(r.failure.text, "notWritable(17)"));
    forget(&r);
    device_free(device);
}

static void
test_read_only(void **state)
{
    char address[64];
    struct device_options options = { .address = address, .access = v2c, .read_only = true, .retries = -1 };
    struct engine_counters before, after;
    struct result r = { 0 };
    struct device *device;

    (void) state;
    snprintf(address, sizeof address, "127.0.0.1:%d", agent.port);
    device = device_new(engine, &options, NULL);
    engine_counters(engine, &before);
    set_contact(device, "must not be", &r);
    engine_counters(engine, &after);
    assert_int_equal(r.failure.kind, FAILURE_REFUSED);
    assert_int_equal(before.sent, after.sent);
    forget(&r);
    device_free(device);
}

static void
test_cancel(void **state)
{
    struct device *device = open_device(&v2c, "127.0.0.1", agent.port, 0, -1);
    struct result r = { 0 }, never = { 0 };
    struct request *request = device_get(device, &sys_uptime, 1, keep_reply, &never);

    (void) state;
    request_cancel(request);
    request = device_walk(device, &system_group, keep_rows, keep_end, &never);
    request_cancel(request);
    request_cancel(NULL);
    get(device, &sys_uptime, 1, &r);
    assert_false(never.done);
    assert_int_equal(r.n, 1);
    forget(&r);
    device_get(device, &sys_uptime, 1, keep_reply, &never);
    device_free(device); /* ends it */
    loop_turn(loop, 20);
    loop_turn(loop, 20);
    assert_false(never.done);
}

static void
test_names(void **state)
{
    struct device *device = open_device(&v2c, "localhost", agent.port, 0, -1);
    struct device_options options = { .address = "host.invalid", .access = v2c, .retries = -1 };
    static const char *const wrong[] = { "", "[::1", "host:99999", "host:", "[::1]x", "tls:host" };
    struct failure why;
    struct result r = { 0 };

    (void) state;
    expect_uptime(device);
    device_free(device);
    device = device_new(engine, &options, &why);
    get(device, &sys_uptime, 1, &r);
    assert_int_not_equal(r.failure.kind, FAILURE_NONE);
    forget(&r);
    device_free(device);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        options.address = wrong[i];
        assert_null(device_new(engine, &options, &why));
        assert_int_equal(why.kind, FAILURE_USAGE);
    }
}

/* Faults 2 and 3: an agent that is away, comes back, and has restarted. */
static void
test_restart(void **state)
{
    struct device_access access = v3("SHA-256.AES-128", "SHA-256", "AES-128");
    struct device *device = open_device(&access, "127.0.0.1", agent.port, LOOP_MS(300), 2);
    struct device_status status;
    struct result r = { 0 };
    uint32_t boots;

    (void) state;
    expect_uptime(device);
    device_status(device, &status);
    boots = status.boots;
    helper_say(&agent, "restart");
    expect_uptime(device);
    device_status(device, &status);
    assert_int_equal(status.boots, boots + 1);
    assert_int_equal(status.state, DEVICE_ANSWERS);
    assert_non_null(strstr(status.note, "restarted"));
    device_free(device);
    helper_say(&agent, "stop");
    device = open_device(&access, "127.0.0.1", agent.port, LOOP_MS(100), 2);
    get(device, &sys_uptime, 1, &r);
    assert_int_equal(r.failure.kind, FAILURE_UNREACHABLE);
    assert_non_null(strstr(r.failure.text, "nothing listens"));
    forget(&r);
    helper_say(&agent, "start");
    expect_uptime(device);
    device_free(device);
}

static int
set_up(void **state)
{
    struct failure why;

    (void) state;
    helper_start(&agent, "snmpd.py", NULL);
    loop = loop_new(&why);
    engine = engine_new(loop, mkdtemp(directory), &why);
    return engine == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
    char command[128];

    (void) state;
    engine_free(engine);
    loop_free(loop);
    helper_stop(&agent);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),      cmocka_unit_test(test_get_many), cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_v3),       cmocka_unit_test(test_v3_refused), cmocka_unit_test(test_silence),
        cmocka_unit_test(test_walk),     cmocka_unit_test(test_set),      cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_cancel),   cmocka_unit_test(test_names),    cmocka_unit_test(test_restart),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
