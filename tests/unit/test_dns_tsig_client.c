/* The messages in hex were made and signed by dnspython 2.3 (dns.message, dns.tsig), with its clock
 * set to TSIG_NOW, later for answers as said, and the keys of tests/lib/tsig.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "tests/lib/guard.h"
#include "tests/lib/tsig.h"
#include "zones/dns_code.h"
#include "zones/dns_tsig.h"
#include "zones/dns_tsig_client.h"
#include "zones/dns_tsig_stream.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct dns_tsig_ring *ring;
static struct mac *mac;

/* Sign the query of all vectors. */
static void ask(struct dns_tsig_client *client, const char *name, uint64_t now_s,
                struct tsig_message *out_query)
{
    const struct dns_tsig_key *key = tsig_key(ring, name);
    tsig_query(out_query);
    struct wr wr = wr_make(out_query->octets, out_query->len + dns_tsig_rr_reserve(key));
    wr.pos += out_query->len;
    out_query->at = out_query->len;
    assert_int_equal(dns_tsig_client_sign(client, mac, key, now_s, &wr), 0);
    assert_ptr_equal(wr.pos, wr.end);
    out_query->len = wr_len(&wr);
}

static enum dns_tsig_client_verdict verify(struct dns_tsig_client *client,
                                           const struct tsig_message *message, uint64_t now_s)
{
    const uint8_t *copy = guard_copy(message->octets, message->len);
    const enum dns_tsig_client_verdict verdict =
        dns_tsig_client_verify(client, mac, copy, message->len, message->at, now_s);
    guard_free(copy);
    return verdict;
}

static void requests_are_signed_and_answers_verified_as_others_do(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *request, *answer;
    } rows[] = {
        {"hmac-sha1",
         "123400000001000000000001067375616e7975047465737400000600010d686d61632d736861312d6b657900"
         "00fa00ff00000000002f09686d61632d736861310000006553f100012c0014390df76d66ad9050e593c582e7"
         "b4a5c93597e7aa123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0d686d61632d736861312d6b657900"
         "00fa00ff00000000002f09686d61632d736861310000006553f101012c001448c915368c9e108b23ddb39a6a"
         "7968c3d0bea90a123400000000"},
        {"hmac-sha256",
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c00201c8718f92a2fc5fb12"
         "747b8f608b2e2c7d1ee8e20db6856f6bfe33fcfc3e5c23123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d7368613235360000006553f101012c002002adc96bbb53f6698b"
         "c3d532a5d686d341c8cb7c6f66259dd5b29a954946dece123400000000"},
        {"hmac-sha256-128",
         "123400000001000000000001067375616e79750474657374000006000113686d61632d7368613235362d3132"
         "382d6b65790000fa00ff0000000000310f686d61632d7368613235362d3132380000006553f100012c0010cc"
         "850643bb7d418dccede0df2c01de81123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c13686d61632d7368613235362d3132"
         "382d6b65790000fa00ff0000000000310f686d61632d7368613235362d3132380000006553f101012c00103d"
         "d932dc3e421e1fe61ce34a9e1a8827123400000000"},
        {"hmac-sha384",
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613338342d6b65"
         "790000fa00ff00000000004d0b686d61632d7368613338340000006553f100012c00309e3013e0bd0ce32196"
         "d86d949aa4b0372e1d934f1ac27d0bda3f252695a6a069459efcfe0bb1e24f133b77f44b45425d1234000000"
         "00",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0f686d61632d7368613338342d6b65"
         "790000fa00ff00000000004d0b686d61632d7368613338340000006553f101012c00308553c88341999be141"
         "f6b3859280eb09e3edc27941608d498df24ef31e4d9e51d9c99e51b9665ea01b4fa971e10745d31234000000"
         "00"},
        {"hmac-sha384-192",
         "123400000001000000000001067375616e79750474657374000006000113686d61632d7368613338342d3139"
         "322d6b65790000fa00ff0000000000390f686d61632d7368613338342d3139320000006553f100012c001889"
         "72c2f416c2374f33317c00c28070499771a0d21dcbdec7123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c13686d61632d7368613338342d3139"
         "322d6b65790000fa00ff0000000000390f686d61632d7368613338342d3139320000006553f101012c001850"
         "93b76ea4f206b259f2a11eb632b5bfec144efb5f72f5a1123400000000"},
        {"hmac-sha512",
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613531322d6b65"
         "790000fa00ff00000000005d0b686d61632d7368613531320000006553f100012c00400e2c90e95b2e7f51eb"
         "23390a093e314db48be5503b577cab3bdc00b0c9eeec062cf1defe40f5c6100100a8f4f2d3463d01f6097649"
         "09abf0c56c6181215e9d13123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0f686d61632d7368613531322d6b65"
         "790000fa00ff00000000005d0b686d61632d7368613531320000006553f101012c0040edb3cd6e5c9123b281"
         "ec005dd7a26cc477b1a380ee8d2561bd0e802d90af610c81c3825cda4f7751a3c40bd6935eb204aaf0184bf6"
         "a5e5d65f132a4841241eb0123400000000"},
        {"hmac-sha512-256",
         "123400000001000000000001067375616e79750474657374000006000113686d61632d7368613531322d3235"
         "362d6b65790000fa00ff0000000000410f686d61632d7368613531322d3235360000006553f100012c0020b8"
         "48d76f922d10f11191182ea09c2b38460f35eaaaacc7d638824ec30b71caf6123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c13686d61632d7368613531322d3235"
         "362d6b65790000fa00ff0000000000410f686d61632d7368613531322d3235360000006553f101012c002097"
         "37b80d109e4d9f7af90010e00302b75918a3e32033ab0bf22d23f2e092a18d123400000000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].algorithm);
        char name[40];
        strcat(strcpy(name, rows[i].algorithm), "-key.");
        struct dns_tsig_client client;
        struct tsig_message query, wanted, answer;
        ask(&client, name, TSIG_NOW, &query);
        tsig_from_hex(rows[i].request, &wanted);
        assert_int_equal(query.len, wanted.len);
        assert_memory_equal(query.octets, wanted.octets, wanted.len);
        assert_false(dns_tsig_client_is_whole(&client));
        tsig_from_hex(rows[i].answer, &answer);
        assert_int_equal(verify(&client, &answer, TSIG_NOW + 1), DNS_TSIG_CLIENT_GOOD);
        assert_true(dns_tsig_client_is_whole(&client));
        assert_int_equal(client.error, DNS_RCODE_NOERROR);
    }
}

/* One row: what is changed in an answer that was right. */
static void answers_that_are_wrong_are_not_believed(void **state)
{
    (void)state;
    enum change {
        NOTHING,
        QUESTION,
        OTHER_REQUEST,
        OTHER_NAME,
        OTHER_ALGORITHM,
        SHORT,
        SHORTER,
        CUT
    };
    static const struct {
        const char *label;
        enum change change;
        int late_s;
        enum dns_tsig_client_verdict verdict;
        enum dns_tsig_verdict why;
    } rows[] = {
        {"nothing", NOTHING, 0, DNS_TSIG_CLIENT_GOOD, DNS_TSIG_GOOD},
        {"late by the fudge", NOTHING, 300, DNS_TSIG_CLIENT_GOOD, DNS_TSIG_GOOD},
        {"too late", NOTHING, 301, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADTIME},
        {"too early", NOTHING, -301, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADTIME},
        {"content", QUESTION, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADSIG},
        {"answer to another request", OTHER_REQUEST, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADSIG},
        {"key of another name", OTHER_NAME, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADKEY},
        {"other algorithm", OTHER_ALGORITHM, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADKEY},
        {"truncated MAC", SHORT, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_BADTRUNC},
        {"MAC too short for any key", SHORTER, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_FORMERR},
        {"record cut", CUT, 0, DNS_TSIG_CLIENT_BAD, DNS_TSIG_FORMERR},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_client client, before;
        struct tsig_message query, right, answer;
        ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
        before = client;
        struct dns_tsig_rr rr = tsig_rr(client.key);
        const struct dns_tsig_key *other = tsig_key(ring, "hmac-sha512-256-key.");
        if (rows[i].change == OTHER_NAME) {
            memcpy(rr.name, dns_tsig_key_name(other), other->name_len);
            rr.name_len = other->name_len;
        }
        if (rows[i].change == OTHER_ALGORITHM) {
            rr.algorithm = dns_tsig_key_algorithm(other);
            rr.algorithm_len = other->algorithm_len;
        }
        rr.mac_len = rows[i].change == SHORT ? 31 : rows[i].change == SHORTER ? 15 : 32;
        tsig_query(&answer);
        answer.octets[2] = 0x84;
        tsig_sign_as(&answer, mac, client.key, &rr, client.mac,
                     rows[i].change == OTHER_REQUEST ? 31 : client.mac_len);
        answer.octets[20] ^= rows[i].change == QUESTION ? 0x20 : 0;
        answer.len -= rows[i].change == CUT;
        const uint64_t now_s = TSIG_NOW + (uint64_t)(int64_t)rows[i].late_s;
        assert_int_equal(verify(&client, &answer, now_s), rows[i].verdict);
        if (rows[i].verdict == DNS_TSIG_CLIENT_GOOD) {
            continue;
        }
        assert_int_equal(client.why, rows[i].why);
        assert_false(dns_tsig_client_is_whole(&client));
        /* A forged answer does not keep us from the right one. */
        tsig_query(&right);
        rr = tsig_rr(client.key);
        tsig_sign_as(&right, mac, client.key, &rr, before.mac, before.mac_len);
        assert_int_equal(verify(&client, &right, TSIG_NOW), DNS_TSIG_CLIENT_GOOD);
    }
}

static void an_unsigned_answer_is_a_hint_at_most(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        bool record;
        uint16_t error;
    } rows[] = {
        {"no TSIG", false, 0},
        {"no MAC, no error", true, 0},
        {"BADKEY", true, DNS_RCODE_BADKEY},
        {"BADSIG", true, DNS_RCODE_BADSIG},
        {"BADTIME, but not proven", true, DNS_RCODE_BADTIME},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_client client;
        struct tsig_message query, answer;
        ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
        tsig_query(&answer);
        if (rows[i].record) {
            struct dns_tsig_rr rr = tsig_rr(client.key);
            rr.mac_len = 0;
            rr.error = rows[i].error;
            tsig_sign_as(&answer, mac, client.key, &rr, client.mac, client.mac_len);
        }
        client.error = 77;
        assert_int_equal(verify(&client, &answer, TSIG_NOW), DNS_TSIG_CLIENT_UNSIGNED);
        assert_int_equal(client.error, rows[i].error);
        assert_false(dns_tsig_client_is_whole(&client));
    }
}

static void a_server_says_what_it_dislikes_and_its_time(void **state)
{
    (void)state;
    static const char bad_time[] =
        "123480090001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
        "790000fa00ff0000000000430b686d61632d7368613235360000006553f100012c0020ed33500eff646eeaf8"
        "08f254fff16ddedad5b0d1203e57020ada8b1c18a0161c12340012000600006553f4e8";
    static const char bad_trunc[] =
        "123480090001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
        "790000fa00ff00000000003d0b686d61632d7368613235360000006553f101012c0020b7a0ed772c86e2c584"
        "23150fde8fedb64a5e8e274afd03bd72302dd0a1df9c16123400160000";
    static const struct {
        const char *label, *answer;
        uint16_t error;
        uint64_t server_time_s;
    } rows[] = {
        {"BADTIME", bad_time, DNS_RCODE_BADTIME, TSIG_NOW + 1000},
        {"BADTRUNC", bad_trunc, DNS_RCODE_BADTRUNC, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_client client;
        struct tsig_message query, answer;
        ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
        tsig_from_hex(rows[i].answer, &answer);
        assert_int_equal(verify(&client, &answer, TSIG_NOW + 2), DNS_TSIG_CLIENT_ERROR);
        assert_int_equal(client.error, rows[i].error);
        assert_true(client.server_time_s == rows[i].server_time_s);
        answer.octets[answer.len - 1] ^= 1; /* of the time, or of the length of nothing */
        assert_int_equal(verify(&client, &answer, TSIG_NOW + 2), DNS_TSIG_CLIENT_BAD);
    }
}

static void a_time_is_believed_in_its_shape_only(void **state)
{
    (void)state;
    static const uint8_t other[] = "\0\1\2\3\4\5\6";
    static const struct {
        uint16_t error, other_len;
        uint64_t server_time_s;
    } rows[] = {
        {DNS_RCODE_BADTIME, 5, 0},
        {DNS_RCODE_BADTIME, 6, 0x0102030405},
        {DNS_RCODE_BADTIME, 7, 0},
        {DNS_RCODE_BADTRUNC, 6, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_tsig_client client;
        struct tsig_message query, answer;
        ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
        tsig_query(&answer);
        struct dns_tsig_rr rr = tsig_rr(client.key);
        rr.error = rows[i].error;
        rr.other = other;
        rr.other_len = rows[i].other_len;
        tsig_sign_as(&answer, mac, client.key, &rr, client.mac, client.mac_len);
        assert_int_equal(verify(&client, &answer, TSIG_NOW), DNS_TSIG_CLIENT_ERROR);
        assert_true(client.server_time_s == rows[i].server_time_s);
    }
}

/* RFC 8945 5.3.1: only times are signed in later messages, so an error there proves nothing. */
static void an_error_later_in_a_stream_is_ignored(void **state)
{
    (void)state;
    struct dns_tsig_client client;
    struct dns_tsig tsig;
    struct dns_tsig_stream stream;
    struct tsig_message query, message;
    ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
    dns_tsig_verify(&tsig, mac, ring, query.octets, query.len, query.at, TSIG_NOW);
    dns_tsig_stream_init(&stream, &tsig);
    for (unsigned i = 0; i < 2; i++) {
        tsig_query(&message);
        struct wr wr = wr_make(message.octets, sizeof(message.octets));
        wr.pos += message.len;
        assert_int_equal(dns_tsig_stream_sign(&stream, mac, TSIG_NOW, &wr), 0);
        message.at = message.len;
        message.len = wr_len(&wr);
        message.octets[message.len - 3] = (uint8_t)(i * DNS_RCODE_BADTIME); /* the error field */
        assert_int_equal(verify(&client, &message, TSIG_NOW), DNS_TSIG_CLIENT_GOOD);
        assert_int_equal(client.error, DNS_RCODE_NOERROR);
    }
}

static void after_badtime_the_clock_of_the_server_helps(void **state)
{
    (void)state;
    const uint64_t server_s = TSIG_NOW + 86400;
    struct dns_tsig_client client;
    struct dns_tsig tsig;
    struct tsig_message query, answer;
    ask(&client, "hmac-sha384-key.", TSIG_NOW, &query);
    assert_int_equal(dns_tsig_verify(&tsig, mac, ring, query.octets, query.len, query.at, server_s),
                     DNS_TSIG_BADTIME);
    tsig_query(&answer);
    struct wr wr = wr_make(answer.octets, sizeof(answer.octets));
    wr.pos += answer.len;
    assert_int_equal(dns_tsig_sign(&tsig, mac, server_s, &wr), 0);
    answer.at = answer.len;
    answer.len = wr_len(&wr);
    assert_int_equal(verify(&client, &answer, TSIG_NOW), DNS_TSIG_CLIENT_ERROR);
    assert_true(client.server_time_s == server_s);
    ask(&client, "hmac-sha384-key.", client.server_time_s, &query);
    assert_int_equal(
        dns_tsig_verify(&tsig, mac, ring, query.octets, query.len, query.at, server_s + 1),
        DNS_TSIG_GOOD);
}

static void a_stream_may_have_messages_without_tsig(void **state)
{
    (void)state;
    static const char *const messages[] = {
        /* 0, 3 and 4 are signed */
        "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00002"
        "000f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000065"
        "53f100012c0020a766f1a81387b27e15001a0a1deca1412583992b83bed54cc2f877843f38c57b1234000000"
        "00",
        "123484000001000100000000067375616e797504746573740000060001c00c0001000100000e100004c00002"
        "01",
        "123484000001000100000000067375616e797504746573740000060001c00c0001000100000e100004c00002"
        "02",
        "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00002"
        "030f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000065"
        "53f103012c00203a63d56f133c5d856e3bd730ec2aa4b4f8b55bb8653cf006d6091e0bb841c9171234000000"
        "00",
        "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00002"
        "040f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000065"
        "53f104012c00201b4f7dc203f27a97dce42fc6e1651807406546c9d4f641bd6d15188fc82dba781234000000"
        "00",
    };
    static const enum dns_tsig_client_verdict wanted[] = {
        DNS_TSIG_CLIENT_GOOD, DNS_TSIG_CLIENT_UNSIGNED, DNS_TSIG_CLIENT_UNSIGNED,
        DNS_TSIG_CLIENT_GOOD, DNS_TSIG_CLIENT_GOOD};
    for (int changed = -1; changed < 5; changed++) { /* -1: none */
        struct dns_tsig_client client;
        struct tsig_message query, message;
        ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
        bool bad = false;
        for (int i = 0; i < 5 && !bad; i++) {
            tsig_from_hex(messages[i], &message);
            message.octets[44] ^= i == changed ? 1 : 0; /* in the address record */
            const enum dns_tsig_client_verdict verdict =
                verify(&client, &message, TSIG_NOW + (unsigned)i);
            bad = verdict == DNS_TSIG_CLIENT_BAD;
            assert_true(bad || verdict == wanted[i]);
            assert_int_equal(dns_tsig_client_is_whole(&client), verdict == DNS_TSIG_CLIENT_GOOD);
        }
        assert_int_equal(bad, changed >= 0);
        if (bad) { /* and no message mends it */
            tsig_from_hex(messages[changed], &message);
            assert_int_equal(verify(&client, &message, TSIG_NOW),
                             changed > 0 ? DNS_TSIG_CLIENT_BAD : DNS_TSIG_CLIENT_GOOD);
        }
    }
}

/* As in the test before, with the order of messages. */
static void a_stream_that_is_cut_or_mixed_is_seen(void **state)
{
    (void)state;
    static const struct {
        const char *label, *order; /* messages that come, of five signed ones */
        bool good;
    } rows[] = {
        {"as sent", "01234", true},        {"one lost", "0134", false},
        {"first lost", "1234", false},     {"one twice", "011234", false},
        {"two exchanged", "02134", false}, {"ends early: only its content tells", "012", true},
    };
    struct dns_tsig_client asked;
    struct dns_tsig tsig;
    struct dns_tsig_stream stream;
    struct tsig_message query, messages[5];
    ask(&asked, "hmac-sha256-key.", TSIG_NOW, &query);
    dns_tsig_verify(&tsig, mac, ring, query.octets, query.len, query.at, TSIG_NOW);
    dns_tsig_stream_init(&stream, &tsig);
    for (unsigned i = 0; i < 5; i++) {
        tsig_query(&messages[i]);
        struct wr wr = wr_make(messages[i].octets, sizeof(messages[i].octets));
        wr.pos += messages[i].len;
        assert_int_equal(dns_tsig_stream_sign(&stream, mac, TSIG_NOW, &wr), 0);
        messages[i].at = messages[i].len;
        messages[i].len = wr_len(&wr);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_client client = asked;
        bool good = true;
        for (const char *at = rows[i].order; *at && good; at++) {
            good = verify(&client, &messages[*at - '0'], TSIG_NOW) == DNS_TSIG_CLIENT_GOOD;
        }
        assert_int_equal(good, rows[i].good);
    }
}

static void at_most_99_messages_in_a_row_are_unsigned(void **state)
{
    (void)state;
    for (unsigned count = 98; count <= 100; count++) {
        struct dns_tsig_client client;
        struct tsig_message query, message;
        ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
        tsig_query(&message);
        struct dns_tsig_rr rr = tsig_rr(client.key);
        tsig_sign_as(&message, mac, client.key, &rr, client.mac, client.mac_len);
        assert_int_equal(verify(&client, &message, TSIG_NOW), DNS_TSIG_CLIENT_GOOD);
        tsig_query(&message);
        for (unsigned i = 1; i <= count; i++) {
            assert_int_equal(verify(&client, &message, TSIG_NOW),
                             i <= 99 ? DNS_TSIG_CLIENT_UNSIGNED : DNS_TSIG_CLIENT_BAD);
            assert_false(dns_tsig_client_is_whole(&client));
        }
    }
}

static void a_stream_goes_on_with_a_mac_or_not_at_all(void **state)
{
    (void)state;
    struct dns_tsig_client client;
    struct tsig_message query, message;
    ask(&client, "hmac-sha256-key.", TSIG_NOW, &query);
    tsig_query(&message);
    struct dns_tsig_rr rr = tsig_rr(client.key);
    tsig_sign_as(&message, mac, client.key, &rr, client.mac, client.mac_len);
    assert_int_equal(verify(&client, &message, TSIG_NOW), DNS_TSIG_CLIENT_GOOD);
    tsig_query(&message);
    rr.mac_len = 0;
    rr.error = DNS_RCODE_BADSIG;
    tsig_sign_as(&message, mac, client.key, &rr, NULL, 0);
    assert_int_equal(verify(&client, &message, TSIG_NOW), DNS_TSIG_CLIENT_BAD);
    assert_int_equal(client.why, DNS_TSIG_FORMERR);
}

static void a_request_without_room_stays_as_it_is(void **state)
{
    (void)state;
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha512-key.");
    struct dns_tsig_client client;
    struct tsig_message query, before;
    tsig_query(&query);
    before = query;
    for (size_t room = 0; room < dns_tsig_rr_reserve(key); room++) {
        struct wr wr = wr_make(query.octets, query.len + room);
        wr.pos += query.len;
        assert_int_equal(dns_tsig_client_sign(&client, mac, key, TSIG_NOW, &wr), ERR_SPACE);
        assert_int_equal(dns_tsig_client_sign(&client, mac, key, TSIG_NOW, &wr), ERR_SPACE);
        assert_memory_equal(query.octets, before.octets, query.len);
    }
}

static int start(void **state)
{
    (void)state;
    ring = tsig_ring_create();
    mac = mac_create(16);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    dns_tsig_ring_destroy(ring);
    mac_destroy(mac);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_signed_and_answers_verified_as_others_do),
        cmocka_unit_test(answers_that_are_wrong_are_not_believed),
        cmocka_unit_test(an_unsigned_answer_is_a_hint_at_most),
        cmocka_unit_test(a_server_says_what_it_dislikes_and_its_time),
        cmocka_unit_test(a_time_is_believed_in_its_shape_only),
        cmocka_unit_test(an_error_later_in_a_stream_is_ignored),
        cmocka_unit_test(after_badtime_the_clock_of_the_server_helps),
        cmocka_unit_test(a_stream_may_have_messages_without_tsig),
        cmocka_unit_test(a_stream_that_is_cut_or_mixed_is_seen),
        cmocka_unit_test(at_most_99_messages_in_a_row_are_unsigned),
        cmocka_unit_test(a_stream_goes_on_with_a_mac_or_not_at_all),
        cmocka_unit_test(a_request_without_room_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
