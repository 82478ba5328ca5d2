#include "server/xfr_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/asker.h"
#include "tests/lib/tsig.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_read.h"
#include "zones/dns_tsig_client.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ID = 0x4711, MESSAGE_MAX = 65535, USUAL_MAX = 16384 };

/* One connection on which a transfer is asked for; the loop is not needed for that. */
static struct asker asker;
static struct tcp tcp;
static struct xfr_out out = {.tcp = &tcp};
static struct stat_set stats;
static struct tcp_connection connection;
static struct query query;
static uint8_t message[MESSAGE_MAX];

/* Serve a zone; the reference stays the caller's. */
static void serve(struct zone *zone, uint16_t type, uint16_t flags)
{
    struct zone *shared = zone_ref(zone);
    asker_start(&asker, &shared, 1);
    memset(&tcp, 0, sizeof(tcp));
    memset(&connection, 0, sizeof(connection));
    memset(&query, 0, sizeof(query));
    connection.tcp = &tcp;
    tcp.answering = &connection;
    query.world = rcu_read(asker.handle.now);
    query.zone = zone;
    query.stat = &stats;
    query.id = ID;
    query.flags = flags;
    query.type = type;
    query.name_len = (uint8_t)dns_name_len(zone_name(zone));
    memcpy(query.name, zone_name(zone), query.name_len);
}

/* The next message, or 0 behind the last one. */
static size_t take(void)
{
    return connection.feeds ? connection.feeds->take(connection.feeds, message, MESSAGE_MAX) : 0;
}

static void finish(void)
{
    while (connection.feeds) {
        tcp_later_end(&connection);
    }
    assert_int_equal(tcp.feeds, 0);
    asker_stop(&asker);
}

/* What has arrived so far. */
struct arrival {
    struct zone *zone; /* made of the records */
    struct zone_edit *edit;
    unsigned messages, records, soas;
    bool is_soa_last;
    uint16_t type, flags; /* expected */
};

static struct arrival arrival_of(const struct zone *zone, uint16_t type, uint16_t flags)
{
    struct arrival arrival = {.zone = zone_create(zone_name(zone), &zones_key)};
    arrival.edit = zone_edit_begin(arrival.zone, &zones_limits);
    arrival.type = type;
    arrival.flags = flags;
    return arrival;
}

static void take_record(struct arrival *arrival, const struct dns_message *from,
                        const struct dns_rr *rr)
{
    static uint8_t rdata[MESSAGE_MAX];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    uint8_t owner[DNS_NAME_MAX];
    assert_int_equal(from->section, DNS_SECTION_ANSWER);
    assert_int_equal(dns_read_rdata(&from->rd, rr, &wr), 0);
    dns_name_lower(rr->name, rr->name_len, owner);
    assert_true(arrival->soas < 2); /* nothing behind the second one */
    assert_true(arrival->records > 0 || rr->type == DNS_TYPE_SOA);
    arrival->records++;
    arrival->soas += rr->type == DNS_TYPE_SOA;
    arrival->is_soa_last = rr->type == DNS_TYPE_SOA;
    assert_int_equal(zone_edit_add(arrival->edit, owner, rr->type, rr->ttl, rdata, wr_len(&wr)), 0);
}

/* Read the message of len octets. RFC 5936 2.2: the first one repeats the question. */
static void take_message(struct arrival *arrival, size_t len)
{
    static uint8_t scratch[MESSAGE_MAX];
    struct dns_message from;
    struct dns_question question;
    struct dns_rr rr;
    assert_int_equal(dns_read_message_check(message, len, scratch, sizeof(scratch)), 0);
    assert_int_equal(dns_read_message(&from, message, len), 0);
    assert_int_equal(from.header.id, ID);
    assert_int_equal(from.header.flags, DNS_FLAG_QR | DNS_FLAG_AA | arrival->flags);
    unsigned questions = 0;
    for (; dns_read_message_question(&from, &question); questions++) {
        assert_int_equal(question.type, arrival->type);
        assert_true(dns_name_equal(question.name, zone_name(arrival->zone)));
    }
    assert_int_equal(questions, arrival->messages == 0);
    while (dns_read_message_next(&from, &rr)) {
        if (rr.type != DNS_TYPE_TSIG) {
            take_record(arrival, &from, &rr);
        }
    }
    assert_true(len <= USUAL_MAX || from.header.count[DNS_SECTION_ANSWER] > 0);
    arrival->messages++;
}

/* All is there, once. */
static void assert_whole(struct arrival *arrival, const char *text)
{
    zone_edit_commit(arrival->edit);
    char *arrived = zones_print(arrival->zone, zone_version(arrival->zone));
    assert_string_equal(arrived, text);
    assert_int_equal(arrival->soas, 2);
    assert_true(arrival->is_soa_last);
    assert_int_equal(arrival->records, zone_measure(arrival->zone).records + 1);
    zone_unref(arrival->zone);
    mem_free(arrived);
}

static char *print(const struct zone *zone)
{
    return zones_print(zone, zone_version(zone));
}

/* Transfer the zone; returns how many messages that took. */
static unsigned transfer(struct zone *zone, uint16_t type, uint16_t flags)
{
    char *text = print(zone);
    struct arrival arrival = arrival_of(zone, type, flags);
    serve(zone, type, flags);
    assert_true(xfr_out_start(&out, &query));
    for (size_t len; (len = take()) > 0;) {
        take_message(&arrival, len);
    }
    assert_int_equal(take(), 0);
    finish();
    assert_whole(&arrival, text);
    mem_free(text);
    return arrival.messages;
}

#define APEX "@ SOA M r 7 1 2 3 60\n@ NS ns\n"

static void a_zone_arrives_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "@ SOA m r 7 1 2 3 60\n",
        APEX "ns A 192.0.2.1\na.b.c TXT deep\n*.w A 192.0.2.1\nal CNAME x\nd DNAME e.\n",
        APEX "cut NS ns.cut\nns.cut A 192.0.2.1\nx.cut TXT hidden\n",
        APEX "p CRES . cpu=4\nu TYPE4711 \\# 0\nv TYPE4711 \\# 3 0a0b0c\nX MX 5 Host.T.\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct zone *zone = zones_make("t.", texts[i]);
        assert_int_equal(transfer(zone, DNS_TYPE_AXFR, 0), 1);
        assert_int_equal(transfer(zone, DNS_TYPE_IXFR, DNS_FLAG_RD), 1);
        zone_unref(zone);
    }
}

/* A zone with so many records of so many octets; some names have ten of them. */
static struct zone *large(unsigned count, unsigned octets)
{
    struct zone *zone = zones_make("t.", APEX);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    char *line = mem_alloc(2 * octets + 100);
    for (unsigned i = 0; i < count; i++) {
        int len =
            snprintf(line, 100, "n%u TYPE4711 \\# %u %08x", i % 10 ? i : i / 100 * 100, octets, i);
        memset(line + len, '0', 2 * (octets - 4));
        line[len + 2 * ((int)octets - 4)] = '\n';
        line[len + 2 * ((int)octets - 4) + 1] = '\0';
        zones_add(edit, line);
    }
    zone_edit_commit(edit);
    mem_free(line);
    return zone;
}

static void a_zone_of_many_messages_arrives_whole(void **state)
{
    (void)state;
    static const struct {
        unsigned count, octets, least, most; /* messages: the order of names is the hash's */
    } rows[] = {
        {5000, 4, 6, 8},   {300, 1000, 19, 20}, {20, 16000, 20, 22}, {20, 16300, 20, 22},
        {20, 16400, 7, 9}, {3, 60000, 3, 5},    {2, 64500, 2, 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = large(rows[i].count, rows[i].octets);
        assert_in_range(transfer(zone, DNS_TYPE_AXFR, 0), rows[i].least, rows[i].most);
        zone_unref(zone);
    }
}

static void random_zones_arrive_whole(void **state)
{
    (void)state;
    struct rand_fake rand;
    rand_fake_init(&rand, 5);
    for (unsigned i = 0; i < 50; i++) {
        struct zone *zone = zones_make("t.", APEX);
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        for (unsigned j = 0; j < 20 * i; j++) {
            struct zone_model_record record = zone_model_draw(&rand.rand);
            (void)zone_edit_add(edit, zone_model_name(record.name), record.type, record.ttl_s,
                                record.rdata, record.len);
        }
        zone_edit_commit(edit);
        (void)transfer(zone, DNS_TYPE_AXFR, 0);
        zone_unref(zone);
    }
}

static void changes_meanwhile_do_not_show(void **state)
{
    (void)state;
    struct zone *zone = large(300, 1000);
    char *text = print(zone);
    struct arrival arrival = arrival_of(zone, DNS_TYPE_AXFR, 0);
    serve(zone, DNS_TYPE_AXFR, 0);
    assert_true(xfr_out_start(&out, &query));
    for (size_t len; (len = take()) > 0;) {
        char add[100];
        take_message(&arrival, len);
        snprintf(add, sizeof(add), "new%u A 192.0.2.1\nn%u TXT x\n", arrival.messages,
                 arrival.messages);
        zones_change(zone, NULL, add);
        zone_reclaim(zone);
        zones_settle(); /* what nobody holds is gone */
    }
    finish();
    assert_whole(&arrival, text);
    mem_free(text);
    zone_unref(zone);
}

/* Transfer the zone to the holder of a key of the ring; returns how many messages that took. */
static unsigned transfer_signed(struct zone *zone, const struct dns_tsig_ring *ring,
                                const uint8_t *key)
{
    struct mac *mac = mac_create(1);
    const uint64_t now_s = (uint64_t)clock_system()->wall_s(clock_system());
    char *text = print(zone);
    struct arrival arrival = arrival_of(zone, DNS_TYPE_AXFR, 0);
    struct dns_tsig_client client = {0};
    struct tsig_message request;
    serve(zone, DNS_TYPE_AXFR, 0);
    tsig_query(&request);
    struct wr wr = wr_make(request.octets, sizeof(request.octets));
    wr.pos += request.len;
    assert_int_equal(dns_tsig_client_sign(&client, mac, dns_tsig_ring_find(ring, key), now_s, &wr),
                     0);
    query.tsig_at = request.len;
    assert_int_equal(
        dns_tsig_verify(&query.tsig, mac, ring, request.octets, wr_len(&wr), request.len, now_s),
        DNS_TSIG_GOOD);
    assert_true(xfr_out_start(&out, &query));
    for (size_t len; (len = take()) > 0;) {
        assert_int_equal(
            dns_tsig_client_verify(&client, mac, message, len, tsig_find(message, len), now_s),
            DNS_TSIG_CLIENT_GOOD);
        take_message(&arrival, len);
    }
    assert_true(dns_tsig_client_is_whole(&client));
    finish();
    assert_whole(&arrival, text);
    mem_free(text);
    mac_destroy(mac);
    return arrival.messages;
}

static void every_message_of_a_signed_transfer_is_signed(void **state)
{
    (void)state;
    static const char *const keys[] = {"hmac-sha256-key.", "hmac-sha512-key.", "hmac-sha1-key."};
    struct dns_tsig_ring *ring = tsig_ring_create();
    struct zone *zone = large(50, 3000);
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_true(transfer_signed(zone, ring, zones_name(keys[i])) > 8);
    }
    zone_unref(zone);
    dns_tsig_ring_destroy(ring);
}

/* A name of 255 octets in t. */
static const uint8_t *longest_name(char letter)
{
    static char text[300];
    memset(text, letter, 63);
    text[63] = '.';
    memcpy(text + 64, text, 64);
    memcpy(text + 128, text, 64);
    memset(text + 192, letter, 59);
    memcpy(text + 251, ".t.", 4);
    assert_int_equal(dns_name_len(zones_name(text)), DNS_NAME_MAX);
    return zones_name(text);
}

/* Threats row 13: the largest record that is let in, at the longest name, under the longest key. */
static void the_largest_record_fits_a_signed_message(void **state)
{
    (void)state;
    enum { LEN = ZONE_RRSET_MAX - ZONE_RR_FIXED, TYPE = 65280 };
    static uint8_t rdata[LEN + 1];
    const struct dns_tsig_key_spec spec = {
        .name = longest_name('k'),
        .algorithm = dns_tsig_algorithm_parse("hmac-sha512", 11),
        .secret = (const uint8_t *)"0123456789abcdef",
        .secret_len = 16,
    };
    struct dns_tsig_ring *ring;
    size_t bad;
    assert_int_equal(dns_tsig_ring_create(&spec, 1, &ring, &bad), 0);
    struct zone *zone = zones_make("t.", APEX);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    for (char letter = 'a'; letter < 'd'; letter++) {
        const uint8_t *owner = longest_name(letter);
        assert_int_equal(zone_edit_add(edit, owner, TYPE, 60, rdata, LEN + 1), ERR_LIMIT);
        assert_int_equal(zone_edit_add(edit, owner, TYPE, 60, rdata, LEN), 0);
    }
    assert_true(zone_edit_commit(edit));
    assert_true(transfer_signed(zone, ring, spec.name) > 3);
    zone_unref(zone);
    dns_tsig_ring_destroy(ring);
}

static void only_so_many_are_under_way_at_one_time(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", APEX);
    serve(zone, DNS_TYPE_AXFR, 0);
    for (unsigned i = 0; i < TCP_FEEDS_MAX; i++) {
        assert_true(xfr_out_start(&out, &query));
    }
    assert_false(xfr_out_start(&out, &query));
    tcp_later_end(&connection);
    assert_true(xfr_out_start(&out, &query));
    assert_false(xfr_out_start(&out, &query));
    finish(); /* also those that have sent nothing */
    zone_unref(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_arrives_whole),
        cmocka_unit_test(a_zone_of_many_messages_arrives_whole),
        cmocka_unit_test(random_zones_arrive_whole),
        cmocka_unit_test(changes_meanwhile_do_not_show),
        cmocka_unit_test(every_message_of_a_signed_transfer_is_signed),
        cmocka_unit_test(the_largest_record_fits_a_signed_message),
        cmocka_unit_test(only_so_many_are_under_way_at_one_time),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
