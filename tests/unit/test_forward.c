#include "server/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/primary.h"
#include "tests/lib/updates.h"
#include "zones/dns_code.h"

enum { ANSWERS_MAX = 400 };

static struct loop *loop;
static struct loop_post post;
static struct stat_registry *registry;
static struct stat_set *stat_set;
static struct forward *forward;
static struct primary primary;
static struct server_conf_address routes[2];
static struct secondary_zone zone;
static struct secondary_state *zone_state;
static uint8_t message[UPDATES_MAX];
static size_t message_len;
static unsigned count, wanted, seen; /* answers that came back; requests that the primary saw */
static uint16_t ids[ANSWERS_MAX], rcodes[ANSWERS_MAX], seen_id;
static bool is_silent;

/* As a server does it: the same ID, QR, and whatever it likes. */
static size_t answer(void *context, bool is_stream, const uint8_t *request, size_t len,
                     uint8_t *out)
{
    uint8_t *at = out + (is_stream ? 2 : 0);
    (void)context;
    __atomic_fetch_add(&seen, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&seen_id, (uint16_t)(request[0] << 8 | request[1]), __ATOMIC_RELAXED);
    if (__atomic_load_n(&is_silent,
                        __ATOMIC_RELAXED)) { /* and the message may be another already */
        return 0;
    }
    assert_int_equal(len, message_len);
    assert_memory_equal(request + 2, message + 2, len - 2);
    memset(at, 0, 12);
    memcpy(at, request, 2);
    at[2] = 0x80 | DNS_OPCODE_UPDATE << 3;
    at[3] = DNS_RCODE_YXDOMAIN;
    out[0] = is_stream ? 0 : out[0];
    out[1] = is_stream ? 12 : out[1];
    return 12 + (is_stream ? 2u : 0u);
}

static void send_back(const struct update_return *back, const uint8_t *octets, size_t len)
{
    assert_ptr_equal(back->transport, &loop);
    assert_true(len >= 12 && count < ANSWERS_MAX);
    ids[count] = (uint16_t)(octets[0] << 8 | octets[1]);
    rcodes[count++] = octets[3] & 0xf;
    if (count == wanted) {
        loop_stop(loop);
    }
}

static int setup(void **state)
{
    (void)state;
    count = seen = 0;
    wanted = 1;
    is_silent = false;
    zone_state = secondary_ref_state(calloc(1, sizeof(*zone_state)));
    zone = (struct secondary_zone){
        .zone = (uint8_t *)"\1t", .primaries = routes, .primary_count = 1, .state = zone_state};
    message_len = updates_write("t.", "! a 60 IN A 192.0.2.1\n", message);
    primary = (struct primary){.answer = answer};
    primary_start(&primary);
    routes[0] = primary.address;
    registry = stat_registry_create();
    stat_set = stat_registry_add(registry);
    int err = loop_create(false, &loop);
    err = err ? err : loop_post_open(&post, loop);
    forward = forward_create(loop, &post, stat_set);
    return err;
}

static int teardown(void **state)
{
    (void)state;
    forward_stop(forward);
    loop_post_close(&post, NULL);
    assert_int_equal(loop_destroy(loop), 0);
    forward_destroy(forward);
    stat_registry_destroy(registry);
    primary_stop(&primary);
    assert_int_equal(zone_state->refs, 1);
    free(zone_state);
    return 0;
}

static bool submit_from(enum query_transport transport, uint16_t port, bool keeps_id)
{
    const struct query_peer peer = {transport, 4, port, {192, 0, 2, 9}};
    const struct update_return back = {.send = send_back, .transport = &loop};
    const struct forward_message forwarded = {.secondary = &zone,
                                              .peer = &peer,
                                              .back = &back,
                                              .keeps_id = keeps_id,
                                              .octets = message,
                                              .len = message_len};
    return forward_submit(forward, &forwarded);
}

static void an_update_goes_the_way_it_came(void **state)
{
    static const enum query_transport transports[] = {QUERY_UDP, QUERY_TCP};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        count = 0;
        assert_true(submit_from(transports[i], 5000, false));
        loop_run(loop);
        assert_int_equal(ids[0], 0x1234); /* the client's */
        assert_int_equal(rcodes[0], DNS_RCODE_YXDOMAIN);
        assert_int_equal(stat_set->counters[STAT_forward_answered], i + 1);
    }
    assert_int_equal(__atomic_load_n(&seen, __ATOMIC_RELAXED), 2);
}

static void sig0_keeps_the_id(void **state)
{
    (void)state;
    assert_true(submit_from(QUERY_UDP, 5000, true));
    loop_run(loop);
    assert_int_equal(__atomic_load_n(&seen_id, __ATOMIC_RELAXED), 0x1234);
}

static void who_is_away_is_not_the_only_one(void **state)
{
    (void)state;
    routes[1] = routes[0];
    routes[0].port = 1; /* nobody is there */
    zone.primary_count = 2;
    assert_true(submit_from(QUERY_TCP, 5000, false));
    loop_run(loop);
    assert_int_equal(rcodes[0], DNS_RCODE_YXDOMAIN);
    assert_int_equal(zone_state->forward_at, 1); /* others go to the second one first */
}

static void a_burst_that_fails_turns_away_from_a_primary_once(void **state)
{
    (void)state;
    routes[0].port = 1;
    routes[1] = routes[0];
    zone.primary_count = 2;
    wanted = 3;
    for (unsigned i = 0; i < wanted; i++) {
        message[message_len - 1]++; /* another update */
        assert_true(submit_from(QUERY_TCP, 5000, false));
    }
    loop_run(loop);
    assert_int_equal(stat_set->counters[STAT_forward_failed], 3);
    assert_int_equal(zone_state->forward_at, 2); /* each failed at both */
}

static void stop_once_answered(uv_check_t *check)
{
    if (count > 0) {
        forward_stop(forward);
        uv_close((uv_handle_t *)check, NULL);
    }
}

/* Between the answer and the end of the connection to the primary. */
static void what_is_answered_is_not_refused_at_the_end(void **state)
{
    uv_check_t check;
    (void)state;
    uv_check_init(&loop->uv, &check);
    uv_check_start(&check, stop_once_answered);
    assert_true(submit_from(QUERY_TCP, 5000, false));
    loop_run(loop);
    assert_int_equal(count, 1);
    assert_int_equal(rcodes[0], DNS_RCODE_YXDOMAIN);
    assert_int_equal(stat_set->counters[STAT_forward_failed], 0);
}

static void without_a_primary_it_fails(void **state)
{
    (void)state;
    routes[0].port = 1;
    assert_true(submit_from(QUERY_TCP, 5000, false));
    loop_run(loop);
    assert_int_equal(ids[0], 0x1234);
    assert_int_equal(rcodes[0], DNS_RCODE_SERVFAIL);
    assert_int_equal(stat_set->counters[STAT_forward_failed], 1);
}

static void a_client_without_patience_is_passed_on_once(void **state)
{
    (void)state;
    __atomic_store_n(&is_silent, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(submit_from(QUERY_UDP, 5000, false));
    }
    assert_true(submit_from(QUERY_UDP, 5001, false)); /* another one: a circle, perhaps */
    loop_run(loop);
    assert_int_equal(rcodes[0], DNS_RCODE_SERVFAIL);
    forward_stop(forward);
    assert_int_equal(count, 2);
}

static void many_are_too_many(void **state)
{
    unsigned taken = 0;
    (void)state;
    __atomic_store_n(&is_silent, true, __ATOMIC_RELAXED);
    for (; taken <= FORWARD_MAX && submit_from(QUERY_UDP, 5000, false); taken++) {
        message[message_len - 1]++;
        message[message_len - 2] = (uint8_t)(taken >> 7);
    }
    assert_int_equal(taken, FORWARD_MAX);
    wanted = FORWARD_MAX - FORWARD_SOURCE_MAX; /* all of one address */
    loop_run(loop);
    assert_int_equal(count, wanted);
    assert_true(submit_from(QUERY_UDP, 5000, false)); /* there is room again */
    forward_stop(forward);
    assert_int_equal(count, FORWARD_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_update_goes_the_way_it_came, setup, teardown),
        cmocka_unit_test_setup_teardown(sig0_keeps_the_id, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_away_is_not_the_only_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_burst_that_fails_turns_away_from_a_primary_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_answered_is_not_refused_at_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_a_primary_it_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_without_patience_is_passed_on_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(many_are_too_many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
