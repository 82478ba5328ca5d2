/* The secondary of these tests is a socket on the same loop; a test ends when its hook has seen what
 * it waits for, never by a time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/loop_udp.h"
#include "base/rcu.h"
#include "server/notify.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"

enum { SEEN_MAX = 32, PATIENCE_MS = 10000, RETRY_MS = 5, NO_RETRY_MS = 10 * PATIENCE_MS };

struct seen {
    uint16_t id;
    uint32_t serial;
    uint64_t at_ms;
};

/* What a secondary does with a NOTIFY. */
enum behaviour {
    ANSWER,        /* as it should */
    ANSWER_SECOND, /* the first of a serial is lost */
    REFUSE,
    SILENT,
    WRONG_FIRST, /* answers that must not count, then the right one to the second try */
};

static struct loop *loop;
static struct loop_udp secondary;
static struct loop_udp stranger; /* another address */
static struct loop_timer patience;
static struct world_handle handle;
static struct stat_registry *registry;
static struct stat_set *counters;
static struct notify *notify;
static struct zone *zone;
static struct seen seen[SEEN_MAX];
static unsigned seen_count, stop_after, to_change;
static uint32_t soa_serial;
static enum behaviour behaviour;
static bool is_late;

static uint64_t begin_ms;

/* The wait between message i - 1 and message i. What can be seen is when they came, which may be late;
 * but i - 1 was sent after i - 2 had come. */
static void assert_waited(unsigned i, uint64_t wait_ms)
{
    uint64_t from = i < 2 ? begin_ms : seen[i - 2].at_ms;
    assert_true(seen[i].at_ms + 1 >= from + wait_ms); /* clocks round */
}

static uint64_t count(enum stat_counter counter)
{
    return counters->counters[counter];
}

static void change(void)
{
    char old[64], new[64];
    snprintf(old, sizeof(old), "@ SOA m r %u 1 2 3 60\n", soa_serial);
    snprintf(new, sizeof(new), "@ SOA m r %u 1 2 3 60\n", ++soa_serial);
    zones_change(zone, old, new);
    notify_changed(notify);
}

static void reply(struct loop_udp *from, const struct sockaddr *to, const uint8_t *data, size_t len,
                  uint16_t xor_id, uint16_t flags)
{
    uint8_t out[1024];
    assert_true(len <= sizeof(out));
    memcpy(out, data, len);
    struct wr wr = wr_make(out, len);
    wr_u16(&wr, (uint16_t)((data[0] << 8 | data[1]) ^ xor_id));
    wr_u16(&wr, flags);
    assert_int_equal(loop_udp_send(from, to, out, len), 0);
}

/* Every message is checked whole: RFC 1996 3.6 and 4.5. */
static void take(const uint8_t *data, size_t len)
{
    struct dns_message message;
    struct dns_question question;
    struct dns_rr rr;
    struct dns_soa soa;
    uint8_t rdata[DNS_RDATA_MAX];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    assert_int_equal(dns_read_message(&message, data, len), 0);
    assert_int_equal(message.header.flags, DNS_OPCODE_NOTIFY << 11 | DNS_FLAG_AA);
    assert_true(dns_read_message_question(&message, &question));
    assert_memory_equal(question.name, zone_name(zone), question.name_len);
    assert_int_equal(question.type, DNS_TYPE_SOA);
    assert_int_equal(question.dns_class, DNS_CLASS_IN);
    assert_true(dns_read_message_next(&message, &rr));
    assert_int_equal(message.section, DNS_SECTION_ANSWER);
    assert_int_equal(rr.type, DNS_TYPE_SOA);
    assert_int_equal(rr.ttl, 300);
    assert_int_equal(dns_read_rdata(&message.rd, &rr, &wr), 0);
    assert_int_equal(dns_rdata_soa(rdata, wr_len(&wr), &soa), 0);
    assert_false(dns_read_message_next(&message, &rr));
    assert_int_equal(message.rd.err, 0);
    assert_true(seen_count < SEEN_MAX);
    seen[seen_count++] = (struct seen){message.header.id, soa.serial, loop_now_ms(loop)};
}

static void behave(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                   size_t len)
{
    const uint16_t good = DNS_FLAG_QR | DNS_FLAG_AA | DNS_OPCODE_NOTIFY << 11;
    bool is_first = seen_count == 1 || seen[seen_count - 1].serial != seen[seen_count - 2].serial;
    if (behaviour == WRONG_FIRST && is_first) {
        reply(udp, from, data, len, 1, good);                                 /* another ID */
        reply(udp, from, data, len, 0, good & (uint16_t)~DNS_FLAG_QR);        /* a request */
        reply(udp, from, data, len, 0, DNS_FLAG_QR | DNS_OPCODE_QUERY << 11); /* another opcode */
        reply(&stranger, from, data, len, 0, good);                           /* another address */
        assert_int_equal(loop_udp_send(udp, from, data, 11), 0); /* not even a header */
    } else if (behaviour != SILENT && !(behaviour == ANSWER_SECOND && is_first)) {
        reply(udp, from, data, len, 0, good | (behaviour == REFUSE ? DNS_RCODE_REFUSED : 0));
    }
}

static void on_message(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                       size_t len)
{
    take(data, len);
    behave(udp, from, data, len);
    if (to_change > 0) { /* while this message is under way */
        to_change--;
        change();
    }
    if (seen_count == stop_after) {
        loop_stop(loop);
    }
}

static const struct loop_udp_hooks hooks = {on_message, NULL};

static void give_up(struct loop_timer *timer)
{
    (void)timer;
    is_late = true;
    loop_stop(loop);
}

static void tell_by(void (*tell)(struct notify *to, const struct server_conf *conf),
                    const char *text)
{
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (server_conf_parse("t", text, strlen(text), &conf, &at)) {
        fail_msg("%s", at.text);
    }
    tell(notify, conf);
    server_conf_free(conf);
}

static void configure_by(void (*tell)(struct notify *to, const struct server_conf *conf),
                         unsigned delay_ms, const char *extra)
{
    char text[512];
    snprintf(text, sizeof(text),
             "store: {path: s}\nserver: {notify_delay: %u}\n"
             "zones: [{name: z.t, notify: ['127.0.0.1:%u']}%s]\n",
             delay_ms, secondary.port, extra);
    tell_by(tell, text);
}

static void configure(unsigned delay_ms, const char *extra)
{
    configure_by(notify_configure, delay_ms, extra);
}

static int open_all(void **state)
{
    const uint32_t *retry_ms = *state;
    struct sockaddr_in any = {.sin_family = AF_INET};
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    seen_count = stop_after = to_change = 0;
    is_late = false;
    behaviour = ANSWER;
    soa_serial = 1;
    registry = stat_registry_create();
    counters = stat_registry_add(registry);
    handle = (struct world_handle){.key = zones_key};
    rcu_enter();
    zone = zones_make("z.t.", "@ SOA m r 1 1 2 3 60\n@ NS m\n");
    rcu_offline();
    struct world_options options = {.udp_payload = 1232};
    world_publish(&handle, &options, zone_set_create(&zone, 1, &zones_key), NULL);
    assert_int_equal(loop_create(false, &loop), 0);
    assert_int_equal(loop_udp_open(&secondary, loop, (struct sockaddr *)&any, &hooks, NULL), 0);
    assert_int_equal(loop_udp_open(&stranger, loop, (struct sockaddr *)&any, &hooks, NULL), 0);
    loop_timer_init(&patience, loop, give_up, NULL);
    assert_int_equal(notify_create(loop, &handle, counters, *retry_ms, &notify), 0);
    rcu_online();
    begin_ms = loop_now_ms(loop);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rcu_offline();
    notify_destroy(notify);
    notify_destroy(NULL);
    loop_udp_close(&secondary);
    loop_udp_close(&stranger);
    loop_timer_close(&patience, NULL);
    int err = loop_destroy(loop);
    rcu_online();
    zone_unref(zone);
    world_finish(&handle);
    rcu_leave();
    rcu_drain();
    rcu_drain();
    stat_registry_destroy(registry);
    return err;
}

/* Run until so many messages have come in all. */
static void run_until(unsigned messages)
{
    stop_after = messages;
    loop_timer_start(&patience, PATIENCE_MS, 0);
    loop_run(loop);
    assert_false(is_late);
    assert_int_equal(seen_count, messages);
}

/* Run until a counter has reached its value. */
static void run_until_counted(enum stat_counter counter, uint64_t value)
{
    loop_timer_start(&patience, PATIENCE_MS, 0);
    while (!is_late && count(counter) < value) {
        loop_timer_start(&patience, PATIENCE_MS, 0);
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
    assert_false(is_late);
    assert_int_equal(count(counter), value);
}

static void a_start_tells_the_present_serial_once(void **state)
{
    (void)state;
    configure(1, "");
    run_until_counted(STAT_notify_answered, 1);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].serial, 1);
    assert_int_equal(count(STAT_notify_sent), 1);
    notify_changed(notify); /* said, but it is not so */
    change();
    run_until_counted(STAT_notify_answered, 2);
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[1].serial, 2);
}

static void who_is_known_is_not_told_again_when_other_zones_come(void **state)
{
    (void)state;
    configure(1, "");
    run_until_counted(STAT_notify_answered, 1);
    char more[100];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(more, sizeof(more), ", {name: z%u.t, notify: ['127.0.0.1:%u']}", i,
                 secondary.port);
        configure_by(notify_follow, 1, more);
        for (unsigned turns = 0; turns < 100; turns++) {
            uv_run(&loop->uv, UV_RUN_NOWAIT);
        }
        assert_int_equal(count(STAT_notify_sent), 1);
    }
    change();
    run_until_counted(STAT_notify_answered, 2);
    assert_int_equal(seen[1].serial, 2);
    configure(1, ""); /* a reload tells all */
    run_until_counted(STAT_notify_answered, 3);
    assert_int_equal(seen[2].serial, 2);
}

static void a_change_before_the_first_configuration_is_told_with_it(void **state)
{
    (void)state;
    change();
    configure(1, "");
    run_until_counted(STAT_notify_answered, 1);
    assert_int_equal(seen[0].serial, 2);
}

static void many_changes_are_told_at_most_every_delay(void **state)
{
    (void)state;
    enum { DELAY_MS = 40 };
    configure(DELAY_MS, "");
    run_until_counted(STAT_notify_answered, 1);
    for (unsigned i = 0; i < 1000; i++) {
        change();
    }
    to_change = 3;
    run_until(5);
    for (unsigned i = 1; i < 5; i++) {
        assert_waited(i, DELAY_MS);
        assert_int_not_equal(seen[i].serial, seen[i - 1].serial);
    }
    assert_int_equal(seen[1].serial, 1001);
    assert_int_equal(seen[4].serial, 1004);
}

static void a_lost_message_is_sent_again_with_the_same_id(void **state)
{
    (void)state;
    behaviour = ANSWER_SECOND;
    configure(1, "");
    run_until_counted(STAT_notify_answered, 1);
    assert_true(seen_count >= 2); /* more when this machine is slow */
    assert_int_equal(seen[1].serial, seen[0].serial);
    assert_int_equal(seen[1].id, seen[0].id);
    assert_waited(1, RETRY_MS);
}

static void silence_ends_after_five_tries_and_the_next_change_begins_anew(void **state)
{
    (void)state;
    behaviour = SILENT;
    configure(1, "");
    run_until_counted(STAT_notify_failed, 1);
    assert_int_equal(seen_count, NOTIFY_TRIES);
    for (unsigned i = 1; i < NOTIFY_TRIES; i++) {
        assert_waited(i, (uint64_t)RETRY_MS << (i - 1));
    }
    assert_int_equal(count(STAT_notify_sent), NOTIFY_TRIES);
    behaviour = ANSWER;
    change();
    run_until_counted(STAT_notify_answered, 1);
    assert_true(seen_count > NOTIFY_TRIES);
    assert_int_equal(seen[NOTIFY_TRIES].serial, 2);
}

/* A newer serial does not wait for the doubled wait, and does not come before the first one. */
static void who_owes_an_answer_is_told_of_newer_serials_with_the_next_try(void **state)
{
    (void)state;
    behaviour = SILENT;
    configure(1, "");
    to_change = SEEN_MAX;
    run_until(12);
    for (unsigned i = 1; i < 12; i++) {
        assert_int_equal(seen[i].serial, i + 1);
        assert_waited(i, RETRY_MS);
    }
    assert_int_equal(count(STAT_notify_failed), 2);
    assert_int_equal(count(STAT_notify_answered), 0);
}

static void a_refusal_ends_it_too(void **state)
{
    (void)state;
    behaviour = REFUSE;
    configure(1, "");
    run_until_counted(STAT_notify_refused, 1);
    behaviour = ANSWER;
    change();
    run_until_counted(STAT_notify_answered, 1);
    assert_int_equal(seen_count, 2);
    assert_int_equal(count(STAT_notify_failed), 0);
}

static void only_the_right_answer_from_the_right_address_counts(void **state)
{
    (void)state;
    behaviour = WRONG_FIRST;
    configure(1, "");
    run_until_counted(STAT_notify_answered, 1);
    assert_true(seen_count >= 2);
}

/* One of them answers, and its answer lets nobody else go first. */
static void many_secondaries_are_told_some_at_a_time(void **state)
{
    (void)state;
    enum { OTHERS = 400, ROUND = 64, PACE_MS = 10 };
    char text[12000];
    int len = snprintf(text, sizeof(text),
                       "store: {path: s}\nserver: {notify_delay: 1}\n"
                       "zones: [{name: z.t, notify: ['127.0.0.1:%u'",
                       secondary.port);
    for (unsigned i = 0; i < OTHERS; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, ", '127.1.%u.%u:9'", i / 200,
                        1 + i % 200);
    }
    (void)snprintf(text + len, sizeof(text) - (size_t)len, "]}]\n");
    tell_by(notify_configure, text);
    run_until_counted(STAT_notify_answered, 1);
    uint64_t told = count(STAT_notify_sent) + count(STAT_udp_send_error);
    assert_true(told < ROUND + ROUND * (loop_now_ms(loop) + 1 - begin_ms) / PACE_MS);
    while (!is_late && count(STAT_notify_sent) + count(STAT_udp_send_error) <= OTHERS) {
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
    assert_false(is_late);
    assert_true(loop_now_ms(loop) + 1 - begin_ms >= (uint64_t)PACE_MS * (OTHERS / ROUND));
    assert_int_equal(seen_count, 1);
}

static void a_new_configuration_takes_the_place_of_the_old_one(void **state)
{
    (void)state;
    configure(1, ", {name: other.t, notify: ['127.0.0.1:9']}"); /* not served: not told */
    run_until_counted(STAT_notify_answered, 1);
    configure(1, "");
    run_until_counted(STAT_notify_answered, 2);
    assert_int_equal(seen_count, 2);
    assert_int_equal(count(STAT_notify_sent), 2);
}

static void what_waits_at_the_end_is_freed(void **state)
{
    (void)state;
    configure(1, "");
    configure(1, "");
    change();
}

int main(void)
{
#define CASE(name)  cmocka_unit_test_prestate_setup_teardown(name, open_all, close_all, &never)
#define RETRY(name) cmocka_unit_test_prestate_setup_teardown(name, open_all, close_all, &soon)
    static uint32_t never = NO_RETRY_MS, soon = RETRY_MS;
    const struct CMUnitTest tests[] = {
        CASE(a_start_tells_the_present_serial_once),
        CASE(who_is_known_is_not_told_again_when_other_zones_come),
        CASE(a_change_before_the_first_configuration_is_told_with_it),
        CASE(many_changes_are_told_at_most_every_delay),
        RETRY(a_lost_message_is_sent_again_with_the_same_id),
        RETRY(silence_ends_after_five_tries_and_the_next_change_begins_anew),
        RETRY(who_owes_an_answer_is_told_of_newer_serials_with_the_next_try),
        CASE(a_refusal_ends_it_too),
        RETRY(only_the_right_answer_from_the_right_address_counts),
        CASE(many_secondaries_are_told_some_at_a_time),
        CASE(a_new_configuration_takes_the_place_of_the_old_one),
        CASE(what_waits_at_the_end_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
