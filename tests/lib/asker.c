#include "tests/lib/asker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "base/mem.h"
#include "tests/lib/guard.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"
#include "zones/zone_text.h"

enum { PLAIN_SIZE = 512, UDP_BUFFER = 4096, ID = 0x1234, EDNS_SIZE = 1232, OPTIONS_MAX = 1024 };
enum { FIND_CACHE = 1 << 18 };

static void publish(struct asker *asker, struct zone *const *zones, size_t count)
{
    struct zone_set *set = zone_set_create(zones, count, &zones_key);
    world_publish(&asker->handle, &asker->options, set, NULL);
}

void asker_start(struct asker *asker, struct zone *const *zones, size_t count)
{
    *asker = (struct asker){
        .handle = {.key = zones_key},
        .options = {.udp_payload = EDNS_SIZE,
                    .tcp_idle_ds = 300,
                    .find_cache = FIND_CACHE,
                    .find_share = 100,
                    .cookies = true,
                    .nsid = true,
                    .ecs = true,
                    .identity = "id.test",
                    .version = "v1",
                    .cookie_secret = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
        .registry = stat_registry_create(),
    };
    memset(asker->options.cookie_previous, 0x55, sizeof(asker->options.cookie_previous));
    publish(asker, zones, count);
    for (size_t i = 0; i < count; i++) {
        zone_unref(zones[i]);
    }
    clock_fake_init(&asker->clock, ASKER_NOW_S);
    asker->stat = stat_registry_add(asker->registry);
    asker->worker = query_worker_create(&asker->handle, asker->stat, &asker->clock.clock);
    asker->answer = mem_alloc(ASKER_MAX);
}

void asker_configure(struct asker *asker)
{
    const struct zone_set *now = asker->handle.now->zones;
    size_t count = zone_set_count(now);
    struct zone **zones = mem_grow(NULL, count + 1, sizeof(*zones));
    for (size_t i = 0; i < count; i++) {
        zones[i] = zone_set_at(now, i);
    }
    publish(asker, zones, count);
    mem_free(zones);
}

void asker_stop(struct asker *asker)
{
    query_worker_destroy(asker->worker);
    stat_registry_destroy(asker->registry);
    world_finish(&asker->handle);
    mem_free(asker->answer);
}

/* What the words of a question say. */
struct asking {
    struct query_peer peer;
    uint8_t name[DNS_NAME_MAX];
    uint16_t type, dns_class, flags;
    bool has_edns;
    struct dns_edns edns;
    uint8_t options[OPTIONS_MAX];
    struct wr wr; /* over options */
};

static size_t parse_hex(const char *text, uint8_t *out, size_t max)
{
    size_t len = 0;
    for (; text[0] && text[1]; text += 2) {
        char pair[3] = {text[0], text[1], 0};
        assert_true(len < max);
        out[len++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return len;
}

static void add_option(struct asking *asking, unsigned code, const char *hex)
{
    uint8_t data[OPTIONS_MAX];
    size_t len = parse_hex(hex, data, sizeof(data));
    dns_edns_write_option(&asking->wr, (uint16_t)code, data, len);
}

static bool read_edns_word(struct asking *asking, const char *word)
{
    unsigned code;
    int used = 0;
    if (strncmp(word, "edns=", 5) == 0) {
        asking->edns.udp_size = (uint16_t)atoi(word + 5);
    } else if (strcmp(word, "do") == 0) {
        asking->edns.flags |= DNS_EDNS_FLAG_DO;
    } else if (strncmp(word, "flags=", 6) == 0) {
        asking->edns.flags |= (uint16_t)strtoul(word + 6, NULL, 16);
    } else if (strncmp(word, "version=", 8) == 0) {
        asking->edns.version = (uint8_t)atoi(word + 8);
    } else if (sscanf(word, "opt=%u:%n", &code, &used) == 1 && used > 0) {
        add_option(asking, code, word + used);
    } else if (strcmp(word, "nsid") == 0) {
        add_option(asking, DNS_EDNS_NSID, "");
    } else if (strncmp(word, "cookie=", 7) == 0) {
        add_option(asking, DNS_EDNS_COOKIE, word + 7);
    } else if (strcmp(word, "zoneversion") == 0) {
        add_option(asking, DNS_EDNS_ZONEVERSION, "");
    } else if (strcmp(word, "expire") == 0) {
        add_option(asking, DNS_EDNS_EXPIRE, "");
    } else if (strcmp(word, "keepalive") == 0) {
        add_option(asking, DNS_EDNS_KEEPALIVE, "");
    } else {
        return false;
    }
    asking->has_edns = true;
    return true;
}

static void read_word(struct asking *asking, const char *word)
{
    if (strcmp(word, "tcp") == 0) {
        asking->peer.transport = QUERY_TCP;
    } else if (strcmp(word, "six") == 0) {
        asking->peer.family = 6;
    } else if (strcmp(word, "rd") == 0) {
        asking->flags |= DNS_FLAG_RD;
    } else if (strcmp(word, "cd") == 0) {
        asking->flags |= DNS_FLAG_CD;
    } else if (!read_edns_word(asking, word)) {
        assert_true(dns_code_parse_class(word, strlen(word), &asking->dns_class));
    }
}

void asker_write(struct asker *asker, const char *question)
{
    struct asking asking = {.peer = {.family = 4, .port = 1024, .address = {192, 0, 2, 77}},
                            .dns_class = DNS_CLASS_IN,
                            .edns = {.udp_size = EDNS_SIZE}};
    char copy[2048], *rest = copy;
    size_t len;
    asking.wr = wr_make(asking.options, sizeof(asking.options));
    (void)snprintf(copy, sizeof(copy), "%s", question);
    const char *name = strtok_r(copy, " ", &rest), *type = strtok_r(NULL, " ", &rest);
    assert_int_equal(dns_name_parse(name, strlen(name), NULL, asking.name, &len), 0);
    assert_true(dns_type_parse(type, strlen(type), &asking.type));
    for (char *word; (word = strtok_r(NULL, " ", &rest));) {
        read_word(&asking, word);
    }
    struct dns_write w;
    dns_write_begin(&w, asker->message, sizeof(asker->message), ID, asking.flags);
    dns_write_question(&w, asking.name, asking.type, asking.dns_class);
    if (asking.has_edns) {
        asking.edns.present = true;
        asking.edns.options = asking.options;
        asking.edns.options_len = wr_len(&asking.wr);
        dns_write_opt(&w, &asking.edns);
    }
    assert_int_equal(asking.wr.err, 0);
    assert_int_equal(dns_write_end(&w, &asker->message_len), 0);
    if (asking.has_edns) { /* the writer knows version 0 only: in front of flags and length */
        asker->message[asker->message_len - asking.edns.options_len - 5] = asking.edns.version;
    }
    asker->peer = asking.peer;
}

/* Octets that an answer to a message may have. */
static size_t limit_of(const struct asker *asker, const uint8_t *message, size_t len)
{
    struct dns_message walk;
    struct dns_rr rr;
    if (asker->peer.transport != QUERY_UDP) {
        return ASKER_MAX;
    }
    (void)dns_read_message(&walk, message, len);
    while (dns_read_message_next(&walk, &rr)) {
    }
    size_t asked = walk.edns.present ? walk.edns.udp_size : PLAIN_SIZE;
    return asked < asker->options.udp_payload ? asked : asker->options.udp_payload;
}

/* No record twice in the answer section (RFC 2181 5). */
static void check_answers(const struct asker *asker)
{
    static uint8_t scratch[2][ASKER_MAX];
    struct dns_message a, b;
    struct dns_rr x, y;
    (void)dns_read_message(&a, asker->answer, asker->answer_len);
    if (a.header.count[DNS_SECTION_ANSWER] > 64) {
        return; /* each with each: too many */
    }
    while (dns_read_message_next(&a, &x) && a.section == DNS_SECTION_ANSWER) {
        b = a;
        struct wr one = wr_make(scratch[0], ASKER_MAX);
        assert_int_equal(dns_read_rdata(&a.rd, &x, &one), 0);
        while (dns_read_message_next(&b, &y) && b.section == DNS_SECTION_ANSWER) {
            struct wr other = wr_make(scratch[1], ASKER_MAX);
            assert_int_equal(dns_read_rdata(&b.rd, &y, &other), 0);
            assert_false(x.type == y.type && dns_name_equal(x.name, y.name) &&
                         dns_rdata_compare(x.type, scratch[0], wr_len(&one), scratch[1],
                                           wr_len(&other)) == 0);
        }
    }
}

/* Every section, every RDATA, every option can be read, and nothing is left over. */
static void check_form(const struct asker *asker)
{
    static uint8_t scratch[ASKER_MAX];
    struct dns_message message;
    struct dns_rr rr;
    assert_int_equal(dns_read_message(&message, asker->answer, asker->answer_len), 0);
    while (dns_read_message_next(&message, &rr)) {
        struct wr wr = wr_make(scratch, sizeof(scratch));
        assert_int_equal(dns_read_rdata(&message.rd, &rr, &wr), 0);
    }
    assert_int_equal(message.rd.err, 0);
    struct rd rd = rd_make(message.edns.options, message.edns.options_len);
    struct dns_edns_option option;
    while (dns_edns_next(&rd, &option)) {
    }
    assert_int_equal(rd.err, 0);
}

static void check_always(const struct asker *asker, const uint8_t *message, size_t len)
{
    const uint8_t *answer = asker->answer;
    ldns_pkt *packet = NULL;
    assert_in_range(asker->answer_len, DNS_HEADER_LEN, limit_of(asker, message, len));
    assert_memory_equal(answer, message, 2);
    assert_int_equal(answer[2] & 0xf9, 0x80 | (message[2] & 0x79)); /* QR, opcode, RD */
    assert_int_equal(answer[3] & 0xf0, 0);                          /* RA, Z, AD, CD */
    assert_int_equal(answer[4], 0);
    if (answer[5] > 0) {
        size_t question = dns_name_len(message + DNS_HEADER_LEN) + 4;
        assert_int_equal(answer[5], 1);
        assert_memory_equal(answer + DNS_HEADER_LEN, message + DNS_HEADER_LEN, question);
    }
    check_form(asker);
    assert_int_equal(ldns_wire2pkt(&packet, answer, asker->answer_len), LDNS_STATUS_OK);
    ldns_pkt_free(packet);
    check_answers(asker);
}

size_t asker_send(struct asker *asker, const void *message, size_t len)
{
    const void *copy = guard_copy(message, len);
    size_t size = asker->peer.transport == QUERY_UDP ? UDP_BUFFER : ASKER_MAX;
    memset(asker->answer, 0xee, ASKER_MAX);
    asker->answer_len = query_handle(asker->worker, &asker->peer, copy, len, asker->answer, size);
    if (asker->answer_len > 0) {
        check_always(asker, copy, len);
    }
    guard_free(copy);
    return asker->answer_len;
}

const char *asker_ask(struct asker *asker, const char *question)
{
    asker_write(asker, question);
    (void)asker_send(asker, asker->message, asker->message_len);
    return asker_text(asker);
}

static void print_opt(const struct dns_edns *edns, struct wr *wr)
{
    struct rd rd = rd_make(edns->options, edns->options_len);
    struct dns_edns_option option;
    wr_print(wr, "OPT %u %04x", edns->udp_size, edns->flags);
    while (dns_edns_next(&rd, &option)) {
        wr_print(wr, " %u:", option.code);
        for (unsigned i = 0; i < option.len; i++) {
            wr_print(wr, "%02x", option.data[i]);
        }
    }
    wr_print(wr, "\n");
}

static void print_record(const struct dns_message *message, const struct dns_rr *rr, struct wr *wr)
{
    static const char *const sections[] = {"QD", "AN", "NS", "AR"};
    static uint8_t rdata[ASKER_MAX];
    char name[DNS_NAME_TEXT_MAX], type[16], dns_class[16];
    struct wr stored = wr_make(rdata, sizeof(rdata));
    assert_int_equal(dns_read_rdata(&message->rd, rr, &stored), 0);
    (void)dns_name_print(rr->name, name);
    dns_type_print(rr->type, type);
    dns_code_print_class(rr->dns_class, dns_class);
    wr_print(wr, "%s %s %u %s %s ", sections[message->section], name, rr->ttl, dns_class, type);
    assert_int_equal(zone_text_print(rr->type, rdata, wr_len(&stored), wr), 0);
    wr_print(wr, "\n");
}

const char *asker_text(struct asker *asker)
{
    struct wr wr = wr_make(asker->text, sizeof(asker->text) - 1);
    struct dns_message message;
    struct dns_rr rr;
    asker->text[0] = 0;
    if (asker->answer_len == 0) {
        return asker->text;
    }
    assert_int_equal(dns_read_message(&message, asker->answer, asker->answer_len), 0);
    unsigned flags = message.header.flags, rcode = flags & 0xf;
    while (dns_read_message_next(&message, &rr)) {
        rcode |= rr.type == DNS_TYPE_OPT ? (unsigned)message.edns.ext_rcode << 4 : 0;
    }
    wr_print(&wr, "%s%s%s%s\n", dns_code_rcode(rcode), flags & DNS_FLAG_AA ? " aa" : "",
             flags & DNS_FLAG_TC ? " tc" : "", message.header.count[0] == 0 ? " noquestion" : "");
    (void)dns_read_message(&message, asker->answer, asker->answer_len);
    while (dns_read_message_next(&message, &rr)) {
        if (rr.type == DNS_TYPE_OPT) {
            print_opt(&message.edns, &wr);
        } else {
            print_record(&message, &rr, &wr);
        }
    }
    assert_int_equal(wr.err, 0);
    *wr.pos = 0;
    return asker->text;
}

uint64_t asker_count(const struct asker *asker, enum stat_counter counter)
{
    return asker->stat->counters[counter];
}
