/* The messages in hex were made and signed by dnspython 2.3 (Message.to_wire with multi and
 * tsig_ctx), with its clock one second later for each message, and the keys of tests/lib/tsig.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "tests/lib/fail.h"
#include "tests/lib/text.h"
#include "tests/lib/tsig.h"
#include "zones/dns_tsig_client.h"
#include "zones/dns_tsig_stream.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct dns_tsig_ring *ring;
static struct mac *mac;

static const char head[] =
    "123484000001000100000000067375616e797504746573740000060001c00c0001000100000e100004c0000200";

/* The message number i of the streams, unsigned. */
static void make(struct tsig_message *message, unsigned i)
{
    tsig_from_hex(head, message);
    message->octets[message->len - 1] = (uint8_t)i;
}

static void begin(struct dns_tsig_stream *stream, struct dns_tsig_client *client, const char *name)
{
    struct tsig_message query;
    tsig_query(&query);
    struct wr wr = wr_make(query.octets, sizeof(query.octets));
    wr.pos += query.len;
    const struct dns_tsig_key *key = tsig_key(ring, name);
    assert_int_equal(dns_tsig_client_sign(client, mac, key, TSIG_NOW, &wr), 0);
    struct dns_tsig tsig;
    assert_int_equal(
        dns_tsig_verify(&tsig, mac, ring, query.octets, wr_len(&wr), query.len, TSIG_NOW),
        DNS_TSIG_GOOD);
    dns_tsig_stream_init(stream, &tsig);
}

static void sign(struct dns_tsig_stream *stream, struct tsig_message *message, uint64_t now_s)
{
    struct wr wr =
        wr_make(message->octets, message->len + dns_tsig_rr_reserve(stream->key)); /* exactly */
    wr.pos += message->len;
    message->at = message->len;
    assert_int_equal(dns_tsig_stream_sign(stream, mac, now_s, &wr), 0);
    assert_ptr_equal(wr.pos, wr.end);
    message->len = wr_len(&wr);
}

static void streams_are_signed_as_others_do(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *messages[5];
    } rows[] = {
        {"hmac-sha256-key.",
         {
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "000f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000"
             "065"
             "53f100012c0020a766f1a81387b27e15001a0a1deca1412583992b83bed54cc2f877843f38c57b1234000"
             "000"
             "00",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "010f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000"
             "065"
             "53f101012c0020adc4216a3bdca9d433e37e904c14ce1cd6495e063d8302bf0faabb6d6d535e521234000"
             "000"
             "00",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "020f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000"
             "065"
             "53f102012c0020e6df782a08d1eb04696676e8f0968fabcc6615dca9c9b5126a57b26992a5f07d1234000"
             "000"
             "00",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "030f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000"
             "065"
             "53f103012c00202b3d5bb030f7c80422588b34c2da11624c1808020ca2c9be23fae89064c0d4521234000"
             "000"
             "00",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "040f686d61632d7368613235362d6b65790000fa00ff00000000003d0b686d61632d73686132353600000"
             "065"
             "53f104012c002043cc19188a216f1769c562adb48fe46622ddc3cf65705231b64ebfc1f7edbff01234000"
             "000"
             "00",
         }},
        {"hmac-sha512-256-key.",
         {
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "0013686d61632d7368613531322d3235362d6b65790000fa00ff0000000000410f686d61632d736861353"
             "132"
             "2d3235360000006553f100012c0020cc4a0cbbc4f0618c67774ac6188943c2bfe5588c13e02415e9957ff"
             "da8"
             "151400123400000000",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "0113686d61632d7368613531322d3235362d6b65790000fa00ff0000000000410f686d61632d736861353"
             "132"
             "2d3235360000006553f101012c00205c014f477038a752027dd85f0daaeb541e7b930bce1c7bec4b90076"
             "fce"
             "3306f1123400000000",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "0213686d61632d7368613531322d3235362d6b65790000fa00ff0000000000410f686d61632d736861353"
             "132"
             "2d3235360000006553f102012c00203ab382efd85cc4d162fc48d3cb1381a8e6934e6df16eb414e415b39"
             "3b3"
             "572179123400000000",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "0313686d61632d7368613531322d3235362d6b65790000fa00ff0000000000410f686d61632d736861353"
             "132"
             "2d3235360000006553f103012c002024828cf5344b657306afb3675f159043fbd0aedd3e6fc1e5a7a0c8a"
             "1c3"
             "e701d0123400000000",
             "123484000001000100000001067375616e797504746573740000060001c00c0001000100000e100004c00"
             "002"
             "0413686d61632d7368613531322d3235362d6b65790000fa00ff0000000000410f686d61632d736861353"
             "132"
             "2d3235360000006553f104012c002067ebaeaeac3f20019664e48921d4624c2078228d1c30fce732f35b3"
             "a06"
             "19f065123400000000",
         }},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].key);
        struct dns_tsig_stream stream;
        struct dns_tsig_client client;
        begin(&stream, &client, rows[i].key);
        for (unsigned j = 0; j < 5; j++) {
            struct tsig_message message, wanted;
            make(&message, j);
            sign(&stream, &message, TSIG_NOW + j);
            tsig_from_hex(rows[i].messages[j], &wanted);
            assert_int_equal(message.len, wanted.len);
            assert_memory_equal(message.octets, wanted.octets, wanted.len);
        }
    }
}

static void our_client_takes_our_streams(void **state)
{
    (void)state;
    static const char *const names[] = {"hmac-sha1-key.", "hmac-sha256-128-key.",
                                        "hmac-sha384-key.", "hmac-sha512-key."};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct dns_tsig_stream stream;
        struct dns_tsig_client client;
        begin(&stream, &client, names[i]);
        for (unsigned j = 0; j < 200; j++) {
            struct tsig_message message;
            make(&message, j);
            sign(&stream, &message, TSIG_NOW + j);
            assert_int_equal(dns_tsig_client_verify(&client, mac, message.octets, message.len,
                                                    message.at, TSIG_NOW + j),
                             DNS_TSIG_CLIENT_GOOD);
            assert_true(dns_tsig_client_is_whole(&client));
        }
    }
}

static void streams_of_one_thread_do_not_mix(void **state)
{
    (void)state;
    struct dns_tsig_stream streams[2];
    struct dns_tsig_client clients[2];
    begin(&streams[0], &clients[0], "hmac-sha256-key.");
    begin(&streams[1], &clients[1], "hmac-sha256-key.");
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned j = 0; j < 2; j++) {
            struct tsig_message message;
            make(&message, i + 10 * j);
            sign(&streams[j], &message, TSIG_NOW);
            if (i > 0) { /* the first ones answer the same request */
                struct dns_tsig_client other = clients[1 - j];
                assert_int_equal(dns_tsig_client_verify(&other, mac, message.octets, message.len,
                                                        message.at, TSIG_NOW),
                                 DNS_TSIG_CLIENT_BAD);
            }
            assert_int_equal(dns_tsig_client_verify(&clients[j], mac, message.octets, message.len,
                                                    message.at, TSIG_NOW),
                             DNS_TSIG_CLIENT_GOOD);
        }
    }
}

static void a_message_without_room_may_be_signed_again(void **state)
{
    (void)state;
    struct dns_tsig_stream stream;
    struct dns_tsig_client client;
    begin(&stream, &client, "hmac-sha256-key.");
    for (unsigned i = 0; i < 3; i++) {
        struct tsig_message message;
        make(&message, i);
        struct wr wr = wr_make(message.octets, message.len + dns_tsig_rr_reserve(stream.key) - 1);
        wr.pos += message.len;
        const struct dns_tsig_stream before = stream;
        assert_int_equal(dns_tsig_stream_sign(&stream, mac, TSIG_NOW, &wr), ERR_SPACE);
        assert_memory_equal(&stream, &before, sizeof(stream));
        assert_int_equal(dns_tsig_stream_sign(&stream, mac, TSIG_NOW, &wr), ERR_SPACE);
        sign(&stream, &message, TSIG_NOW);
        assert_int_equal(
            dns_tsig_client_verify(&client, mac, message.octets, message.len, message.at, TSIG_NOW),
            DNS_TSIG_CLIENT_GOOD);
    }
}

static void nothing_is_allocated_per_message(void **state)
{
    (void)state;
    struct dns_tsig_stream stream;
    struct dns_tsig_client client;
    begin(&stream, &client, "hmac-sha256-key.");
    fail_after(1);
    for (unsigned i = 0; i < 100; i++) {
        struct tsig_message message;
        make(&message, i);
        sign(&stream, &message, TSIG_NOW);
        dns_tsig_client_verify(&client, mac, message.octets, message.len, message.at, TSIG_NOW);
    }
    assert_false(fail_stop());
    assert_true(dns_tsig_client_is_whole(&client));
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
        cmocka_unit_test(streams_are_signed_as_others_do),
        cmocka_unit_test(our_client_takes_our_streams),
        cmocka_unit_test(streams_of_one_thread_do_not_mix),
        cmocka_unit_test(a_message_without_room_may_be_signed_again),
        cmocka_unit_test(nothing_is_allocated_per_message),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
