#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/asker.h"
#include "tests/lib/guard.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/zone_find.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct asker asker;

#define APEX "@ SOA m r 7 1 2 3 60\n@ NS ns\n"

static const char *const questions[] = {
    "a.t. A",
    "nx.t. A edns=512",
    "q.w.t. TXT do",
    "alias.t. A",
    "x.d.t. A",
    "x.cut.t. A",
    "a.t. TYPE128",
    "t. SOA nsid",
    "other. A",
    "id.server. TXT CH",
    "a.t. ANY tcp",
    "s.t. SRV",
    "a.t. A edns=1232 cookie=0102030405060708",
    "t. AXFR tcp",
    "a.t. A version=3",
};

static void serve(void)
{
    struct zone *zone = zones_make("t.", APEX "a A 192.0.2.1\n*.w TXT w\nalias CNAME a\n"
                                              "d DNAME e\nx.e A 192.0.2.2\ncut NS ns.cut\n"
                                              "ns.cut A 192.0.2.3\ns SRV 0 0 1 a\n");
    asker_start(&asker, &zone, 1);
}

enum { OUT = 4096 };

/* Places of a batch do not know of each other: their answers are those of single questions. */
static void a_batch_answers_each_place_as_if_it_were_alone(void **state)
{
    (void)state;
    struct query_peer peers[QUERY_BATCH_MAX];
    const void *messages[QUERY_BATCH_MAX];
    static uint8_t expected[QUERY_BATCH_MAX][OUT], out[QUERY_BATCH_MAX][OUT];
    size_t lens[QUERY_BATCH_MAX], message_lens[QUERY_BATCH_MAX];
    serve();
    for (unsigned i = 0; i < QUERY_BATCH_MAX; i++) {
        (void)asker_ask(&asker, questions[i * 7 % COUNT(questions)]);
        peers[i] = asker.peer;
        memcpy(expected[i], asker.answer, OUT);
        lens[i] = asker.answer_len;
        messages[i] = guard_copy(asker.message, asker.message_len);
        message_lens[i] = asker.message_len;
    }
    query_start(asker.worker);
    for (unsigned i = 0; i < QUERY_BATCH_MAX; i++) {
        query_begin(asker.worker, i, &peers[i], messages[i], message_lens[i], out[i], OUT);
    }
    for (unsigned i = 0; i < QUERY_BATCH_MAX; i++) {
        query_reach(asker.worker, i);
    }
    for (unsigned i = QUERY_BATCH_MAX; i-- > 0;) { /* in any order */
        assert_int_equal(query_end(asker.worker, i), lens[i]);
        assert_memory_equal(out[i], expected[i], lens[i]);
        guard_free(messages[i]);
    }
    asker_stop(&asker);
    query_worker_destroy(NULL);
}

static void a_batch_keeps_the_world_it_began_with(void **state)
{
    (void)state;
    static uint8_t out[2][OUT];
    serve();
    asker_write(&asker, "id.server. TXT CH");
    query_start(asker.worker);
    query_begin(asker.worker, 0, &asker.peer, asker.message, asker.message_len, out[0], OUT);
    asker.options.identity = "another";
    asker_configure(&asker);
    query_begin(asker.worker, 1, &asker.peer, asker.message, asker.message_len, out[1], OUT);
    size_t len = query_end(asker.worker, 0);
    assert_int_equal(query_end(asker.worker, 1), len);
    assert_memory_equal(out[0], out[1], len);
    assert_non_null(memmem(out[0], len, "id.test", 7));
    query_start(asker.worker);
    query_begin(asker.worker, 0, &asker.peer, asker.message, asker.message_len, out[0], OUT);
    assert_non_null(memmem(out[0], query_end(asker.worker, 0), "another", 7));
    asker_stop(&asker);
}

static void a_change_of_a_zone_is_seen_by_the_next_question(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", APEX "a A 192.0.2.1\n");
    struct zone *mine = zone_ref(zone);
    asker_start(&asker, &zone, 1);
    assert_string_equal(asker_ask(&asker, "a.t. A"), "NOERROR aa\nAN a.t. 300 IN A 192.0.2.1\n");
    zones_change(mine, "a A 192.0.2.1\n", "a A 192.0.2.2\n");
    assert_string_equal(asker_ask(&asker, "a.t. A"), "NOERROR aa\nAN a.t. 300 IN A 192.0.2.2\n");
    zone_unref(mine);
    asker_stop(&asker);
}

/* What every answer from a zone has in common with what zone_find says of its question. */
static void check_answer(const struct zone *zone, unsigned number, uint16_t type)
{
    const uint8_t *name = zone_model_name(number);
    struct dns_labels labels;
    struct dns_header header;
    struct rd rd = rd_make(asker.answer, asker.answer_len);
    dns_name_index(&zones_key, name, &labels);
    struct zone_found found = zone_find(zone, zone_version(zone), name, &labels, type);
    assert_int_equal(dns_read_header(&rd, &header), 0);
    bool is_cut = found.verdict == ZONE_FIND_DELEGATION;
    bool has_data = found.verdict == ZONE_FIND_ANSWER || found.verdict == ZONE_FIND_ALIAS ||
                    found.verdict == ZONE_FIND_DNAME;
    assert_int_equal((header.flags & DNS_FLAG_AA) != 0, !is_cut);
    assert_int_equal(header.count[DNS_SECTION_ANSWER] > 0, has_data);
    if (found.verdict == ZONE_FIND_NXDOMAIN) {
        assert_int_equal(header.flags & 0xf, DNS_RCODE_NXDOMAIN);
    } else if (!has_data || found.verdict == ZONE_FIND_ANSWER) {
        assert_int_equal(header.flags & 0xf, DNS_RCODE_NOERROR);
    }
    if (found.verdict == ZONE_FIND_ANSWER && found.set) {
        assert_int_equal(header.count[DNS_SECTION_ANSWER], found.set->count);
    }
    if (found.verdict == ZONE_FIND_ANSWER) {
        assert_int_equal(header.count[DNS_SECTION_AUTHORITY], 0);
    } else if (!has_data) {
        assert_true(header.count[DNS_SECTION_AUTHORITY] > 0);
    }
}

static void random_zones_give_answers_that_hold_together(void **state)
{
    (void)state;
    static const uint16_t types[] = {DNS_TYPE_A,  DNS_TYPE_NS,    DNS_TYPE_CNAME, DNS_TYPE_MX,
                                     DNS_TYPE_DS, DNS_TYPE_DNAME, DNS_TYPE_ANY};
    struct rand_fake rand;
    rand_fake_init(&rand, 13);
    for (unsigned i = 0; i < 40; i++) {
        struct zone *zone = zones_make("t.", APEX);
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        for (uint64_t records = rand_u64(&rand.rand) % 120; records > 0; records--) {
            struct zone_model_record record = zone_model_draw(&rand.rand);
            const uint8_t *owner = zone_model_name(record.name);
            (void)zone_edit_add(edit, owner, record.type, record.ttl_s, record.rdata, record.len);
        }
        (void)zone_edit_commit(edit);
        struct zone *mine = zone_ref(zone);
        asker_start(&asker, &zone, 1);
        for (unsigned j = 0; j < ZONE_MODEL_NAMES * COUNT(types); j++) {
            char name[DNS_NAME_TEXT_MAX], type[16], question[1200];
            (void)dns_name_print(zone_model_name(j / COUNT(types)), name);
            dns_type_print(types[j % COUNT(types)], type);
            (void)snprintf(question, sizeof(question), "%s %s tcp", name, type);
            (void)asker_ask(&asker, question);
            check_answer(mine, (unsigned)(j / COUNT(types)), types[j % COUNT(types)]);
        }
        asker_stop(&asker);
        zone_unref(mine);
        rcu_quiescent();
    }
}

/* Asked while the zone changes: twins always say the same, and ZONEVERSION is the answer's. */
struct race {
    struct world_handle *handle;
    struct stat_set *stat;
    const struct clock *clock;
    bool ended;
    unsigned failed, answered;
};

static void *ask_on(void *context)
{
    struct race *race = context;
    struct query_worker *worker = query_worker_create(race->handle, race->stat, race->clock);
    struct query_peer peer = {.family = 4, .port = 1, .transport = QUERY_TCP};
    static const char message[] = "\0\1\0\0\0\1\0\0\0\0\0\1\1a\1t\0\0\377\0\1" /* a.t. ANY */
                                  "\0\0\51\20\0\0\0\0\0\0\4\0\23\0\0";         /* ZONEVERSION */
    uint8_t *out = mem_alloc(ASKER_MAX);
    rcu_enter();
    while (!__atomic_load_n(&race->ended, __ATOMIC_ACQUIRE)) {
        size_t len = query_handle(worker, &peer, (const uint8_t *)message, sizeof(message) - 1, out,
                                  ASKER_MAX);
        /* A of four octets, TXT of two strings, OPT with the serial: all are the same number */
        const uint8_t *a = out + 12 + 9 + 12, *txt = a + 4 + 12, *serial = out + len - 4;
        if (len != 12 + 9 + 16 + 12 + 5 + 11 + 10 || memcmp(a, txt + 1, 4) != 0 ||
            memcmp(a, serial, 4) != 0) {
            __atomic_add_fetch(&race->failed, 1, __ATOMIC_RELAXED);
        }
        __atomic_add_fetch(&race->answered, 1, __ATOMIC_RELAXED);
        rcu_quiescent();
    }
    rcu_leave();
    mem_free(out);
    query_worker_destroy(worker);
    return NULL;
}

static void put_number(struct zone *zone, uint32_t number)
{
    static const uint8_t soa[] = "\0\0----\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
    uint8_t rdata[64], text[5] = {4}, ready[200];
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    memcpy(rdata, soa, sizeof(soa));
    struct wr wr = wr_make(rdata + 2, 4);
    wr_u32(&wr, number);
    memcpy(text + 1, rdata + 2, 4);
    zone_node_write_rr(ready, DNS_TYPE_A, 1, rdata + 2, 4);
    (void)zone_edit_set(edit, zones_name("a.t."), DNS_TYPE_A, 1, ready, ZONE_RR_FIXED + 4);
    zone_node_write_rr(ready, DNS_TYPE_TXT, 1, text, 5);
    (void)zone_edit_set(edit, zones_name("a.t."), DNS_TYPE_TXT, 1, ready, ZONE_RR_FIXED + 5);
    assert_int_equal(zone_edit_add(edit, zones_name("t."), DNS_TYPE_SOA, 1, rdata, 22), 0);
    assert_true(zone_edit_commit(edit));
}

static void answers_are_of_one_version_while_a_writer_commits(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "");
    struct zone *mine = zone_ref(zone);
    put_number(mine, 0x01020304);
    asker_start(&asker, &zone, 1);
    struct race race = {.handle = &asker.handle,
                        .stat = stat_registry_add(asker.registry),
                        .clock = &asker.clock.clock};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_on, &race), 0);
    rcu_offline();
    for (uint32_t i = 1; i < 3000 || __atomic_load_n(&race.answered, __ATOMIC_RELAXED) < 100; i++) {
        put_number(mine, 0x01020304 + i);
        if (i % 100 == 0) {
            asker_configure(&asker); /* the world changes, too */
            rcu_wait();
        }
    }
    __atomic_store_n(&race.ended, true, __ATOMIC_RELEASE);
    (void)pthread_join(thread, NULL);
    rcu_online();
    assert_int_equal(race.failed, 0);
    zone_unref(mine);
    asker_stop(&asker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_answers_each_place_as_if_it_were_alone),
        TEST(a_batch_keeps_the_world_it_began_with),
        TEST(a_change_of_a_zone_is_seen_by_the_next_question),
        TEST(random_zones_give_answers_that_hold_together),
        TEST(answers_are_of_one_version_while_a_writer_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
