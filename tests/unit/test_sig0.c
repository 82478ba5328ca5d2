#include "server/sig0.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "server/keeper.h"
#include "server/query.h"
#include "server/writer.h"
#include "tests/lib/guard.h"
#include "tests/lib/scratch.h"
#include "tests/lib/signer.h"
#include "tests/lib/updates.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"

enum { MAP = 16 << 20, ANSWERS = 64, NO_ANSWER = 0xffff, NOW = 1700000000 };

#define LEASE "+ . 0 CLASS1232 OPT =0002000800000e1000015180\n"

/* From a datagram to its answer, by way of all threads that it passes. */
struct scene {
    char *folder, *store_path, *conf_path;
    struct clock_fake clock;
    struct stat_registry *registry;
    struct stat_set *stat, *sig0_stat;
    struct world_handle handle;
    struct zone_store *store;
    struct keeper *keeper;
    struct writer *writer;
    struct update_gate *gate;
    struct sig0 *sig0;
    struct query_worker *worker;
    sem_t answered;
    pthread_mutex_t lock; /* guards rcodes */
    uint16_t rcodes[ANSWERS];
};

static struct scene scene;
static struct signer lumi, other;

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s", at->text);
}

static void configure(const char *zone_options)
{
    char yaml[1024];
    struct server_conf *conf = NULL;
    struct keeper_report report = {on_error, NULL};
    snprintf(yaml, sizeof(yaml),
             "store: {path: store}\n"
             "server: {sig0_rate: 1000, sig0_rate_per_address: 1000}\n"
             "zones:\n"
             "  - name: t\n"
             "    file: zone\n%s",
             zone_options);
    assert_int_equal(server_conf_parse(scene.conf_path, yaml, strlen(yaml), &conf, NULL), 0);
    assert_int_equal(keeper_apply(scene.keeper, conf, &report), 0);
    server_conf_free(conf);
}

static void take_answer(const uint8_t *message, size_t len)
{
    struct rd rd = rd_make(message, len);
    struct dns_header header;
    assert_int_equal(dns_read_header(&rd, &header), 0);
    assert_true(header.flags & DNS_FLAG_QR);
    pthread_mutex_lock(&scene.lock);
    scene.rcodes[header.id % ANSWERS] = header.flags & 0xf;
    pthread_mutex_unlock(&scene.lock);
    sem_post(&scene.answered);
}

static void send_back(const struct update_return *back, const uint8_t *message, size_t len)
{
    assert_ptr_equal(back->transport, &scene);
    take_answer(message, len);
}

static void fill_back(void *context, unsigned place, struct update_return *out_back)
{
    (void)place;
    *out_back = (struct update_return){.send = send_back, .transport = context};
}

static void open_scene(const char *zone_options, size_t count_max, size_t octets_max)
{
    struct update_limits limits = {100, octets_max, 100};
    struct sig0_limits sig0_limits = {count_max, 1 << 20};
    char text[512];
    memset(&scene, 0, sizeof(scene));
    memset(scene.rcodes, 0xff, sizeof(scene.rcodes));
    signer_make(&lumi, "lumi.t.", 1);
    signer_make(&other, "lumi.t.", 2);
    scene.folder = scratch_make();
    scene.store_path = scratch_path(scene.folder, "store");
    scene.conf_path = scratch_path(scene.folder, "suanyud.yaml");
    char *zone = scratch_path(scene.folder, "zone");
    snprintf(text, sizeof(text), "$TTL 300\n@ SOA m r 1 1 1 1 1\n@ NS m\nlumi %s\n", lumi.text);
    scratch_write(zone, text);
    mem_free(zone);
    clock_fake_init(&scene.clock, NOW);
    scene.handle.key = zones_key;
    scene.registry = stat_registry_create();
    scene.stat = stat_registry_add(scene.registry);
    scene.sig0_stat = stat_registry_add(scene.registry);
    pthread_mutex_init(&scene.lock, NULL);
    sem_init(&scene.answered, 0, 0);
    assert_int_equal(zone_store_open(scene.store_path, MAP, &scene.store), 0);
    scene.keeper = keeper_create(scene.store, &scene.handle, &scene.clock.clock, scene.stat);
    configure(zone_options);
    assert_int_equal(writer_create(&scene.writer), 0);
    scene.gate =
        update_gate_create(scene.writer, scene.keeper, &scene.clock.clock, scene.stat, &limits);
    assert_int_equal(
        sig0_create(scene.gate, &scene.clock.clock, scene.sig0_stat, &sig0_limits, &scene.sig0), 0);
    scene.worker =
        query_worker_create(&scene.handle, stat_registry_add(scene.registry), &scene.clock.clock);
    static const struct query_updates updates = {.fill = fill_back, .context = &scene};
    struct query_updates filled = updates;
    filled.gate = scene.gate;
    filled.sig0 = scene.sig0;
    query_worker_take_updates(scene.worker, &filled);
}

static void close_scene(void)
{
    sig0_destroy(scene.sig0);
    writer_destroy(scene.writer);
    update_gate_destroy(scene.gate);
    query_worker_destroy(scene.worker);
    keeper_destroy(scene.keeper);
    world_finish(&scene.handle);
    zone_store_close(scene.store);
    stat_registry_destroy(scene.registry);
    pthread_mutex_destroy(&scene.lock);
    sem_destroy(&scene.answered);
    scratch_remove(scene.folder);
    mem_free(scene.store_path);
    mem_free(scene.conf_path);
}

/* Hand over a datagram; what is answered at once counts like what is answered later. */
static void put(const uint8_t *octets, size_t len)
{
    static uint8_t out[65535];
    struct query_peer peer = {.transport = QUERY_TCP, .family = 4, .address = {192, 0, 2, 1}};
    const uint8_t *copy = guard_copy(octets, len); /* gone before anybody verifies it */
    size_t answer_len = query_handle(scene.worker, &peer, copy, len, out, sizeof(out));
    guard_free(copy);
    if (answer_len > 0) {
        take_answer(out, answer_len);
    }
}

static void send_signed(unsigned number, const struct signer *signer, const char *update)
{
    static uint8_t octets[UPDATES_MAX + SIGNER_ROOM];
    size_t len = updates_write("t.", update, octets);
    octets[0] = 0;
    octets[1] = (uint8_t)number;
    len = signer_sign(signer, octets, len, NOW - 60, NOW + 300);
    put(octets, len);
}

static void wait_answers(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sem_wait(&scene.answered);
    }
}

static unsigned rcode(unsigned number)
{
    pthread_mutex_lock(&scene.lock);
    unsigned found = scene.rcodes[number];
    pthread_mutex_unlock(&scene.lock);
    return found;
}

static unsigned ask(const struct signer *signer, const char *update)
{
    static unsigned number;
    number = (number + 1) % ANSWERS;
    send_signed(number, signer, update);
    wait_answers(1);
    return rcode(number);
}

/* Keeps the writer busy. */
struct holder {
    struct writer_job job;
    sem_t taken, go;
};

static void run_holder(struct writer_job *job)
{
    struct holder *holder = (struct holder *)(void *)job;
    sem_post(&holder->taken);
    sem_wait(&holder->go);
}

static void hold_writer(struct holder *holder)
{
    holder->job.run = run_holder;
    sem_init(&holder->taken, 0, 0);
    sem_init(&holder->go, 0, 0);
    writer_post(scene.writer, &holder->job);
    sem_wait(&holder->taken);
}

#define RULE   "    update: [{sig0: on, owner: [\"**\"], types: [A, KEY]}]\n"
#define CHANGE "! a.lumi 60 IN A 192.0.2.9\n"

static void a_key_of_the_zone_changes_what_is_below_it(void **state)
{
    (void)state;
    open_scene(RULE, 100, 1 << 20);
    assert_int_equal(ask(&lumi, CHANGE), DNS_RCODE_NOERROR);
    assert_int_equal(ask(&lumi, "! dardel 60 IN A 192.0.2.9\n"), DNS_RCODE_REFUSED);
    assert_int_equal(ask(&lumi, "! lumi 60 IN TXT x\n"), DNS_RCODE_REFUSED);
    assert_int_equal(ask(&other, CHANGE), DNS_RCODE_NOTAUTH);
    assert_int_equal(scene.sig0_stat->counters[STAT_sig0_good], 3);
    assert_int_equal(scene.sig0_stat->counters[STAT_sig0_bad], 0); /* the tag said so before */
    close_scene();
}

static void a_wrong_signature_is_told_by_the_writer(void **state)
{
    (void)state;
    static uint8_t octets[UPDATES_MAX + SIGNER_ROOM];
    open_scene(RULE, 100, 1 << 20);
    size_t len = signer_sign(&lumi, octets, updates_write("t.", CHANGE, octets), NOW - 60, NOW + 9);
    octets[len - 1] ^= 1;
    put(octets, len);
    wait_answers(1);
    assert_int_equal(rcode(0x1234 % ANSWERS), DNS_RCODE_NOTAUTH);
    assert_int_equal(scene.sig0_stat->counters[STAT_sig0_bad], 1);
    close_scene();
}

/* The key verified both when they came; the first takes it away. */
static void a_key_that_goes_meanwhile_changes_nothing_more(void **state)
{
    (void)state;
    struct holder holder;
    open_scene(RULE, 100, 1 << 20);
    hold_writer(&holder);
    char replace[256];
    snprintf(replace, sizeof(replace), "! lumi 0 ANY KEY\n! lumi 60 IN %s\n", other.text);
    send_signed(1, &lumi, replace);
    send_signed(2, &lumi, CHANGE);
    send_signed(3, &other, CHANGE); /* nobody's yet: answered at once */
    wait_answers(1);
    assert_int_equal(rcode(3), DNS_RCODE_NOTAUTH);
    sem_post(&holder.go);
    wait_answers(2);
    assert_int_equal(rcode(1), DNS_RCODE_NOERROR);
    assert_int_equal(rcode(2), DNS_RCODE_NOTAUTH);
    assert_int_equal(ask(&other, CHANGE), DNS_RCODE_NOERROR);
    close_scene();
}

static void of_two_registrations_in_one_group_the_first_has_the_name(void **state)
{
    (void)state;
    struct holder holder;
    char text[512];
    struct signer one, two;
    open_scene("    srp: on\n", 100, 1 << 20);
    signer_make(&one, "new.t.", 3);
    signer_make(&two, "new.t.", 4);
    hold_writer(&holder);
    snprintf(text, sizeof(text), "! new 0 ANY ANY\n! new 60 IN %s\n" LEASE, one.text);
    send_signed(1, &one, text);
    snprintf(text, sizeof(text), "! new 0 ANY ANY\n! new 60 IN %s\n" LEASE, two.text);
    send_signed(2, &two, text);
    sem_post(&holder.go);
    wait_answers(2);
    assert_int_equal(rcode(1), DNS_RCODE_NOERROR);
    assert_int_equal(rcode(2), DNS_RCODE_YXDOMAIN);
    close_scene();
}

static void too_many_that_wait_are_refused(void **state)
{
    (void)state;
    open_scene(RULE, 0, 1 << 20);
    assert_int_equal(ask(&lumi, CHANGE), DNS_RCODE_REFUSED);
    close_scene();
    open_scene(RULE, 100, 5); /* the writer's queue is full: SERVFAIL comes from the thread */
    assert_int_equal(ask(&lumi, CHANGE), DNS_RCODE_SERVFAIL);
    close_scene();
}

/* Threats row 2: an end at any moment, while messages wait, are verified, or are handed over. */
static void the_end_may_come_at_any_moment(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        open_scene(RULE, 100, 1 << 20);
        for (unsigned i = 0; i < 2 * round; i++) {
            send_signed(i, &lumi, CHANGE);
        }
        sig0_destroy(scene.sig0);
        scene.sig0 = NULL;
        wait_answers(2 * round); /* nobody is forgotten */
        close_scene();
    }
}

/* The world in which a message was recognised goes; its job keeps it. */
static void a_reload_does_not_concern_what_waits(void **state)
{
    (void)state;
    struct holder holder;
    open_scene(RULE, 100, 1 << 20);
    hold_writer(&holder);
    for (unsigned i = 0; i < 10; i++) {
        send_signed(i, &lumi, CHANGE);
    }
    configure(""); /* the writer is held: nobody else changes the world */
    zones_settle();
    sem_post(&holder.go);
    wait_answers(10);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(rcode(i), DNS_RCODE_NOERROR);
    }
    assert_int_equal(ask(&lumi, CHANGE), DNS_RCODE_REFUSED);
    close_scene();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_of_the_zone_changes_what_is_below_it, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(a_wrong_signature_is_told_by_the_writer, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(a_key_that_goes_meanwhile_changes_nothing_more, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(of_two_registrations_in_one_group_the_first_has_the_name,
                                        zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(too_many_that_wait_are_refused, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(the_end_may_come_at_any_moment, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(a_reload_does_not_concern_what_waits, zones_enter,
                                        zones_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
