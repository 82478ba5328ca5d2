#include "server/update.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "server/keeper.h"
#include "server/store_state.h"
#include "server/writer.h"
#include "tests/lib/scratch.h"
#include "tests/lib/tsig.h"
#include "tests/lib/updates.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"

enum { MAP = 16 << 20, ANSWERS = 64, NO_ANSWER = 0xffff };

/* The rule takes unsigned updates; signed ones carry the key of tests/lib/tsig.h. */
static const char text[] =
    "store: {path: store}\n"
    "keys: [{name: key.suanyu.test, secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=}]\n"
    "zones:\n"
    "  - name: suanyu.test\n"
    "    file: zone\n"
    "    update:\n"
    "      - {source: 127.0.0.1, owner: pool, types: CLOAD, durability: relaxed}\n"
    "      - {source: 127.0.0.1, owner: \"**\", types: [A, CLOAD]}\n";
static const char empty[] = "store: {path: store}\nzones: []\n";

/* The whole way of an update, but for its transport. */
struct scene {
    char *folder, *store_path, *conf_path;
    struct clock_fake clock;
    struct stat_registry *registry;
    struct stat_set *stat;
    struct world_handle handle;
    struct zone_store *store;
    struct keeper *keeper;
    struct writer *writer;
    struct update_gate *gate;
    struct dns_tsig_ring *ring; /* signs as the peer does */
    struct mac *mac;
    pthread_mutex_t lock; /* guards the two below */
    uint16_t rcodes[ANSWERS];
    unsigned count;
    const char *why; /* the last submit was refused */
};

static struct scene scene;

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s", at->text);
}

static void configure(const char *yaml)
{
    struct server_conf *conf = NULL;
    struct keeper_report report = {on_error, NULL};
    assert_int_equal(server_conf_parse(scene.conf_path, yaml, strlen(yaml), &conf, NULL), 0);
    assert_int_equal(keeper_apply(scene.keeper, conf, &report), 0);
    server_conf_free(conf);
}

static void open_shared(size_t count_max, size_t octets_max, size_t per_key)
{
    struct update_limits limits = {count_max, octets_max, per_key};
    memset(&scene, 0, sizeof(scene));
    memset(scene.rcodes, 0xff, sizeof(scene.rcodes));
    scene.folder = scratch_make();
    scene.store_path = scratch_path(scene.folder, "store");
    scene.conf_path = scratch_path(scene.folder, "suanyud.yaml");
    char *zone = scratch_path(scene.folder, "zone");
    scratch_write(zone, "$TTL 300\n@ SOA m r 1 1 1 1 1\n@ NS m\na A 192.0.2.1\n"
                        "pool CRES . cpu=8\n");
    mem_free(zone);
    clock_fake_init(&scene.clock, TSIG_NOW);
    scene.handle.key = zones_key;
    scene.registry = stat_registry_create();
    scene.stat = stat_registry_add(scene.registry);
    pthread_mutex_init(&scene.lock, NULL);
    scene.ring = tsig_ring_create();
    scene.mac = mac_create(1);
    assert_int_equal(zone_store_open(scene.store_path, MAP, &scene.store), 0);
    scene.keeper = keeper_create(scene.store, &scene.handle, &scene.clock.clock, scene.stat);
    configure(text);
    assert_int_equal(writer_create(&scene.writer), 0);
    scene.gate =
        update_gate_create(scene.writer, scene.keeper, &scene.clock.clock, scene.stat, &limits);
}

static void open_scene(size_t count_max, size_t octets_max)
{
    open_shared(count_max, octets_max, count_max);
}

static void close_scene(void)
{
    writer_destroy(scene.writer);
    update_gate_destroy(scene.gate);
    keeper_destroy(scene.keeper);
    world_finish(&scene.handle);
    zone_store_close(scene.store);
    stat_registry_destroy(scene.registry);
    mac_destroy(scene.mac);
    dns_tsig_ring_destroy(scene.ring);
    pthread_mutex_destroy(&scene.lock);
    scratch_remove(scene.folder);
    mem_free(scene.store_path);
    mem_free(scene.conf_path);
}

/* --- the writer, held -------------------------------------------------------------------------- */

/* Keeps the writer busy, so that what is submitted meanwhile is one group; then runs. */
struct gatekeeper {
    struct writer_job job;
    sem_t taken, go;
    void (*run)(void); /* before the group; may be NULL */
};

static struct gatekeeper holder;

static void run_holder(struct writer_job *job)
{
    (void)job;
    sem_post(&holder.taken);
    sem_wait(&holder.go);
    if (holder.run) {
        holder.run();
    }
}

static void hold_writer(void (*run)(void))
{
    holder.job.run = run_holder;
    holder.run = run;
    sem_init(&holder.taken, 0, 0);
    sem_init(&holder.go, 0, 0);
    writer_post(scene.writer, &holder.job);
    sem_wait(&holder.taken);
}

static void run_passed(struct writer_job *job)
{
    (void)job;
    sem_post(&holder.taken);
}

/* Let the writer go, and wait until all that was submitted is done. */
static void release_writer(void)
{
    struct writer_job last = {.run = run_passed};
    writer_post(scene.writer, &last);
    sem_post(&holder.go);
    sem_wait(&holder.taken);
    sem_destroy(&holder.taken);
    sem_destroy(&holder.go);
}

/* --- updates ----------------------------------------------------------------------------------- */

static void send_back(const struct update_return *back, const uint8_t *message, size_t len)
{
    struct rd rd = rd_make(message, len);
    struct dns_header header;
    assert_ptr_equal(back->transport, &scene);
    assert_int_equal(dns_read_header(&rd, &header), 0);
    pthread_mutex_lock(&scene.lock);
    scene.rcodes[header.id % ANSWERS] = header.flags & 0xf;
    scene.count++;
    pthread_mutex_unlock(&scene.lock);
}

/* Submit octets; tsig NULL: not signed. */
static bool submit(const uint8_t *octets, size_t len, const struct dns_tsig *tsig)
{
    struct query_peer peer = {.transport = QUERY_UDP, .family = 4, .address = {127, 0, 0, 1}};
    struct update_return back = {.send = send_back, .transport = &scene};
    const struct world *world = rcu_read(scene.handle.now);
    struct dns_message read;
    struct dns_rr rr;
    dns_read_message(&read, octets, len);
    while (dns_read_message_next(&read, &rr)) {
    }
    struct update_message message = {
        .world = world,
        .zone = zone_set_at(world->zones, 0),
        .peer = &peer,
        .tsig = tsig,
        .has_edns = read.has_opt,
        .back = &back,
        .octets = octets,
        .len = len,
    };
    scene.why = update_gate_submit(scene.gate, &message);
    return !scene.why;
}

/* An update in the words of tests/lib/updates.h, and its number. */
static bool send_update(unsigned number, const char *update)
{
    static uint8_t octets[UPDATES_MAX];
    size_t len = updates_write("suanyu.test.", update, octets);
    octets[0] = 0;
    octets[1] = (uint8_t)number;
    return submit(octets, len, NULL);
}

/* The same, signed. */
static bool send_signed(unsigned number, const char *update)
{
    static uint8_t octets[UPDATES_MAX];
    struct tsig_message message;
    struct dns_tsig tsig;
    const struct dns_tsig_key *key = tsig_key(scene.ring, "key.suanyu.test.");
    message.len = updates_write("suanyu.test.", update, octets);
    assert_true(message.len < sizeof(message.octets) / 2);
    memcpy(message.octets, octets, message.len);
    message.octets[0] = 0;
    message.octets[1] = (uint8_t)number;
    struct dns_tsig_rr rr = tsig_rr(key);
    rr.original_id = (uint16_t)number;
    tsig_sign_as(&message, scene.mac, key, &rr, NULL, 0);
    const struct world *world = rcu_read(scene.handle.now);
    assert_int_equal(dns_tsig_verify(&tsig, scene.mac, rules_ring(world->rules), message.octets,
                                     message.len, message.at, TSIG_NOW),
                     DNS_TSIG_GOOD);
    return submit(message.octets, message.len, &tsig);
}

static unsigned answers(void)
{
    pthread_mutex_lock(&scene.lock);
    unsigned count = scene.count;
    pthread_mutex_unlock(&scene.lock);
    return count;
}

static uint32_t serial(void)
{
    const struct zone *zone = zone_set_at(rcu_read(scene.handle.now)->zones, 0);
    return zone_serial(zone, zone_version(zone));
}

static bool is_there(const char *name)
{
    const struct zone *zone = zone_set_at(rcu_read(scene.handle.now)->zones, 0);
    return zones_get(zone, zone_version(zone), name) != NULL;
}

#define MAKE(name) "? " name " 0 NONE ANY\n! " name " 60 IN A 192.0.2.9\n"

/* --- tests ------------------------------------------------------------------------------------- */

static void each_of_a_group_gets_its_own_verdict_and_all_one_serial(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    hold_writer(NULL);
    assert_true(send_update(0, MAKE("x")));
    assert_true(send_update(1, MAKE("x")));
    assert_true(send_update(2, "! y 60 IN A 192.0.2.1\n! y.elsewhere. 60 IN A 192.0.2.1\n"));
    assert_true(send_update(3, "? x 0 ANY A\n! z 60 IN A 192.0.2.1\n"));
    assert_true(send_update(4, "! x 60 IN TXT no\n"));
    assert_true(send_update(5, "! a 0 ANY A\n! a 60 IN A 192.0.2.1\n"));
    assert_true(send_update(6, "! w 60 IN A 192.0.2.1\n! w 60 IN CLOAD . obs=1700000000\n"));
    assert_int_equal(answers(), 0);
    assert_int_equal(serial(), 1);
    release_writer();
    static const uint16_t rcodes[] = {DNS_RCODE_NOERROR, DNS_RCODE_YXDOMAIN, DNS_RCODE_NOTZONE,
                                      DNS_RCODE_NOERROR, DNS_RCODE_REFUSED,  DNS_RCODE_NOERROR,
                                      DNS_RCODE_REFUSED}; /* 6: found only once it was applied */
    assert_memory_equal(scene.rcodes, rcodes, sizeof(rcodes));
    assert_int_equal(answers(), 7);
    assert_int_equal(serial(), 2);
    assert_true(is_there("x.suanyu.test.") && is_there("z.suanyu.test."));
    assert_false(is_there("y.suanyu.test.") || is_there("w.suanyu.test."));
    assert_int_equal(scene.stat->counters[STAT_update_done], 3);
    assert_int_equal(scene.stat->counters[STAT_update_refused], 4);
    close_scene();
}

static void a_full_queue_takes_no_more_until_it_is_emptied(void **state)
{
    (void)state;
    uint8_t octets[UPDATES_MAX];
    size_t len = updates_write("suanyu.test.", MAKE("n"), octets);
    for (unsigned by_octets = 0; by_octets < 2; by_octets++) {
        open_scene(by_octets ? 100 : 3, by_octets ? 4 * len - 1 : 1 << 20);
        for (unsigned round = 0; round < 3; round++) {
            hold_writer(NULL);
            for (unsigned i = 0; i < 3; i++) {
                assert_true(send_update(i, MAKE("n")));
            }
            assert_false(send_update(3, MAKE("n")));
            release_writer();
            assert_int_equal(answers(), 3 * round + 3);
        }
        assert_int_equal(scene.rcodes[3], NO_ANSWER);
        close_scene();
    }
    open_scene(10, 5);
    assert_false(send_update(1, MAKE("n")));
    close_scene();
}

static void no_key_fills_the_queue_for_others(void **state)
{
    (void)state;
    open_shared(5, 1 << 20, 2);
    for (unsigned round = 0; round < 2; round++) {
        hold_writer(NULL);
        assert_true(send_signed(2 * round, MAKE("n")) && send_signed(2 * round + 1, MAKE("n")));
        assert_false(send_signed(9, MAKE("n")));
        assert_string_equal(scene.why, "too many updates of this key wait");
        assert_true(send_update(10, MAKE("n")) && send_update(11, MAKE("n")));
        assert_false(send_update(12, MAKE("n")));
        assert_string_equal(scene.why, "too many updates of this address wait");
        release_writer();
        assert_int_equal(answers(), 4 * round + 4);
    }
    close_scene();
    open_shared(3, 1 << 20, 2);
    hold_writer(NULL);
    assert_true(send_signed(0, MAKE("n")) && send_update(1, MAKE("n")) &&
                send_update(2, MAKE("n")));
    assert_false(send_signed(3, MAKE("n"))); /* has its share, but nobody has room */
    assert_string_equal(scene.why, "too many updates wait");
    release_writer();
    close_scene();
}

static void many_more_than_a_group_are_all_answered(void **state)
{
    (void)state;
    open_scene(2000, 1 << 20);
    hold_writer(NULL);
    for (unsigned i = 0; i < 2000; i++) {
        char update[100];
        snprintf(update, sizeof(update), MAKE("n%u"), i, i);
        assert_true(send_update(i % ANSWERS, update));
    }
    release_writer();
    assert_int_equal(answers(), 2000);
    assert_int_equal(scene.stat->counters[STAT_update_done], 2000);
    assert_true(serial() > 2 && serial() < 20);
    close_scene();
}

static void a_repeated_request_is_answered_again_and_done_once(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    for (unsigned round = 0; round < 3; round++) { /* in one group, and in later ones */
        hold_writer(NULL);
        assert_true(send_signed(0, MAKE("x")));
        assert_true(send_signed(0, MAKE("x")));
        assert_true(send_signed(1, MAKE("x")));
        release_writer();
        assert_int_equal(scene.rcodes[0], DNS_RCODE_NOERROR);
        assert_int_equal(scene.rcodes[1], DNS_RCODE_YXDOMAIN);
        assert_int_equal(answers(), 3 * round + 3);
        assert_int_equal(serial(), 2);
    }
    hold_writer(NULL);
    assert_true(send_update(2, MAKE("x"))); /* without a signature nothing is a repetition */
    release_writer();
    assert_int_equal(scene.rcodes[2], DNS_RCODE_YXDOMAIN);
    close_scene();
}

/* No file of this process takes octets any more. */
static void break_disk(void)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void mend_disk(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
}

static void a_store_that_fails_refuses_its_group_and_nothing_of_it_is_remembered(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    hold_writer(NULL);
    assert_true(send_signed(0, MAKE("x")));
    release_writer();
    hold_writer(break_disk);
    assert_true(send_signed(0, MAKE("x"))); /* was done before the disk broke */
    assert_true(send_signed(1, MAKE("y")));
    assert_true(send_signed(1, MAKE("y")));
    assert_true(send_signed(2, "? y 0 NONE ANY\n"));
    assert_true(send_update(3, MAKE("y")));
    release_writer();
    mend_disk();
    assert_int_equal(zone_store_reopen(scene.store), 0);
    assert_int_equal(scene.rcodes[0], DNS_RCODE_NOERROR);
    for (unsigned i = 1; i <= 3; i++) { /* 2 and 3 were refused for a name that did not come */
        assert_int_equal(scene.rcodes[i], DNS_RCODE_SERVFAIL);
    }
    assert_int_equal(answers(), 6);
    assert_int_equal(serial(), 2);
    assert_false(is_there("y.suanyu.test."));
    hold_writer(NULL);
    assert_true(send_signed(1, MAKE("y"))); /* the peer tries again */
    assert_true(send_signed(0, MAKE("x")));
    release_writer();
    assert_int_equal(scene.rcodes[1], DNS_RCODE_NOERROR);
    assert_int_equal(scene.rcodes[0], DNS_RCODE_NOERROR);
    assert_int_equal(serial(), 3);
    assert_true(is_there("y.suanyu.test."));
    close_scene();
}

/* A load report, by the rule that is relaxed. */
#define LOAD(obs) "! pool 60 IN CLOAD . obs=" obs " cpuf=1\n"

/* The disk is asked for while the relaxed one is answered already. */
static void relaxed_reports_are_answered_before_the_disk_and_others_after_it(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    hold_writer(break_disk);
    assert_true(send_update(0, LOAD("1700000000")));
    assert_true(send_update(1, MAKE("x") LOAD("1700000001")));
    assert_true(send_update(2, LOAD("1700000000"))); /* not newer than 1 */
    assert_true(send_signed(3, LOAD("1700000002")));
    assert_true(send_update(4, "? pool 0 ANY ANY\n"));
    release_writer();
    mend_disk();
    assert_int_equal(zone_store_reopen(scene.store), 0);
    static const uint16_t rcodes[] = {DNS_RCODE_NOERROR, DNS_RCODE_SERVFAIL, DNS_RCODE_SERVFAIL,
                                      DNS_RCODE_NOERROR, DNS_RCODE_SERVFAIL};
    assert_memory_equal(scene.rcodes, rcodes, sizeof(rcodes));
    assert_int_equal(answers(), 5); /* each once */
    assert_int_equal(scene.stat->counters[STAT_update_lost], 2);
    assert_int_equal(serial(), 1);
    hold_writer(NULL);
    assert_true(send_signed(3, LOAD("1700000002"))); /* again: it is not remembered as done */
    release_writer();
    assert_int_equal(scene.rcodes[3], DNS_RCODE_NOERROR);
    assert_int_equal(serial(), 2);
    assert_int_equal(scene.stat->counters[STAT_update_lost], 2);
    close_scene();
}

static struct store_state *measured;

/* Next to nothing is left, and that is known. */
static void shorten_room(void)
{
    struct rlimit limit;
    uint64_t used, left;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(kv_room(zone_store_kv(scene.store), &used, &left), 0);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = used + STORE_STATE_HEADROOM / 2;
    setrlimit(RLIMIT_FSIZE, &limit);
    store_state_tend(measured);
}

static void a_store_that_is_nearly_full_lets_records_only_go_or_be_replaced(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    measured = store_state_create(scene.store, scene.keeper, &scene.clock.clock, scene.stat);
    update_gate_take_state(scene.gate, measured);
    hold_writer(NULL);
    assert_true(send_signed(0, MAKE("x")));
    assert_true(send_signed(1, MAKE("y")));
    release_writer();
    hold_writer(shorten_room);
    assert_true(send_signed(2, MAKE("z")));
    assert_true(send_signed(3, "! x 0 ANY A\n! x 300 IN A 192.0.2.77\n"));
    assert_true(send_signed(4, "! y 0 ANY A\n"));
    assert_true(send_signed(5, MAKE("w")));
    release_writer();
    mend_disk();
    assert_int_equal(scene.rcodes[2], DNS_RCODE_SERVFAIL);
    assert_int_equal(scene.rcodes[3], DNS_RCODE_NOERROR);
    assert_int_equal(scene.rcodes[4], DNS_RCODE_NOERROR);
    assert_int_equal(scene.rcodes[5], DNS_RCODE_SERVFAIL); /* what went before is not its to use */
    assert_false(is_there("y.suanyu.test."));
    assert_false(is_there("z.suanyu.test."));
    store_state_tend(measured); /* the writer has nothing to do */
    hold_writer(NULL);
    assert_true(send_signed(2, MAKE("z"))); /* the refusal is not remembered */
    release_writer();
    assert_int_equal(scene.rcodes[2], DNS_RCODE_NOERROR);
    close_scene();
    store_state_destroy(measured);
}

static void a_store_that_has_failed_refuses_without_a_try_and_repeats_what_it_said(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    measured = store_state_create(scene.store, scene.keeper, &scene.clock.clock, scene.stat);
    update_gate_take_state(scene.gate, measured);
    hold_writer(NULL);
    assert_true(send_signed(0, MAKE("x")));
    release_writer();
    store_state_tend(measured); /* there is room */
    hold_writer(break_disk);
    assert_true(send_signed(1, MAKE("y")));
    release_writer();
    mend_disk(); /* the disk is well; the store was not opened again */
    assert_int_equal(scene.rcodes[1], DNS_RCODE_SERVFAIL);
    scene.rcodes[0] = NO_ANSWER;
    hold_writer(NULL);
    assert_true(send_signed(0, MAKE("x")));
    assert_true(send_signed(1, MAKE("y")));
    assert_true(send_signed(2, "? x 0 NONE ANY\n"));
    release_writer();
    assert_int_equal(scene.rcodes[0], DNS_RCODE_NOERROR); /* it is on disk, and was said so */
    assert_int_equal(scene.rcodes[1], DNS_RCODE_SERVFAIL);
    assert_int_equal(scene.rcodes[2], DNS_RCODE_SERVFAIL);
    scene.clock.mono += (uint64_t)STORE_STATE_RETRY_MS * 1000000;
    store_state_tend(measured);
    hold_writer(NULL);
    assert_true(send_signed(1, MAKE("y")));
    release_writer();
    assert_int_equal(scene.rcodes[1], DNS_RCODE_NOERROR);
    assert_true(is_there("y.suanyu.test."));
    close_scene();
    store_state_destroy(measured);
}

static void drop_zone(void)
{
    rcu_enter();
    configure(empty);
    rcu_leave();
}

static void a_zone_that_went_meanwhile_is_not_ours(void **state)
{
    (void)state;
    open_scene(100, 1 << 20);
    hold_writer(drop_zone);
    assert_true(send_signed(0, MAKE("x")));
    assert_true(send_update(1, MAKE("x")));
    release_writer();
    assert_int_equal(scene.rcodes[0], DNS_RCODE_NOTAUTH);
    assert_int_equal(scene.rcodes[1], DNS_RCODE_NOTAUTH);
    close_scene();
    update_gate_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_a_group_gets_its_own_verdict_and_all_one_serial),
        cmocka_unit_test(a_full_queue_takes_no_more_until_it_is_emptied),
        cmocka_unit_test(no_key_fills_the_queue_for_others),
        cmocka_unit_test(many_more_than_a_group_are_all_answered),
        cmocka_unit_test(a_repeated_request_is_answered_again_and_done_once),
        cmocka_unit_test(a_store_that_fails_refuses_its_group_and_nothing_of_it_is_remembered),
        cmocka_unit_test(relaxed_reports_are_answered_before_the_disk_and_others_after_it),
        cmocka_unit_test(a_store_that_is_nearly_full_lets_records_only_go_or_be_replaced),
        cmocka_unit_test(a_store_that_has_failed_refuses_without_a_try_and_repeats_what_it_said),
        cmocka_unit_test(a_zone_that_went_meanwhile_is_not_ours),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
