/* server/conf_value: addresses, networks, names, owner patterns, record types. */
#include "server/conf_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "base/err.h"
#include "base/log.h"
#include "zones/dns_type.h"

static int parse(const struct conf_type *type, const char *text, struct arena *arena, void *out,
                 char out_why[120])
{
    const struct conf_row row = {.type = type};
    struct conf_value value = {text, &row, "", arena, ""};
    int err = type->parse(&value, out);
    memcpy(out_why, value.why, sizeof value.why);
    return err;
}

static const struct address {
    const char *label;
    const char *text;
    uint8_t family; /* 0: refused */
    uint16_t port;
    const char *octets_or_why;
} addresses[] = {
    {"IPv4", "192.0.2.1:5300", 4, 5300, "\xc0\0\2\1"},
    {"IPv4 wildcard", "0.0.0.0:53", 4, 53, "\0\0\0\0"},
    {"IPv6", "[2001:db8::1]:65535", 6, 65535, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"},
    {"IPv6 wildcard", "[::]:53", 6, 53, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
    {"IPv4 without port", "192.0.2.1", 0, 0, "no port"},
    {"IPv6 without port", "[::1]", 0, 0, "no port"},
    {"IPv6 without brackets", "::1", 0, 0, "an IPv6 address stands in [ ]"},
    {"IPv4 in brackets", "[127.0.0.1]:53", 0, 0, "not an address"},
    {"port 0", "127.0.0.1:0", 0, 0, "the port is not from 1 to 65535"},
    {"port 65536", "127.0.0.1:65536", 0, 0, "the port is not from 1 to 65535"},
    {"port with a zero in front", "127.0.0.1:053", 0, 0, "the port is not from 1 to 65535"},
    {"no digits", "127.0.0.1:", 0, 0, "the port is not from 1 to 65535"},
    {"port name", "127.0.0.1:dns", 0, 0, "the port is not from 1 to 65535"},
    {"port with a sign", "127.0.0.1:+53", 0, 0, "the port is not from 1 to 65535"},
    {"host name", "localhost:53", 0, 0, "not an address"},
    {"short IPv4", "127.1:53", 0, 0, "not an address"},
    {"octal IPv4", "127.0.0.010:53", 0, 0, "not an address"},
    {"scope", "[fe80::1%lo]:53", 0, 0, "not an address"},
    {"brackets only", "[]:53", 0, 0, "not an address"},
    {"one bracket", "[:53", 0, 0, "no port"},
    {"colon only", ":", 0, 0, "not an address"},
    {"nothing", "", 0, 0, "no port"},
    {"a long text", "1111111111111111111111111111111111111111111111111111:53", 0, 0,
     "not an address"},
};

static void addresses_are_read_with_their_port(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        const struct address *a = &addresses[i];
        struct server_conf_address field;
        memset(&field, 0xee, sizeof field);
        char why[120];
        print_message("%s\n", a->label);
        int err = parse(&server_conf_value_address, a->text, NULL, &field, why);
        assert_int_equal(err, a->family ? 0 : ERR_VALUE);
        if (err) {
            assert_string_equal(why, a->octets_or_why);
            continue;
        }
        assert_int_equal(field.family, a->family);
        assert_int_equal(field.port, a->port);
        struct server_conf_address same; /* padding is part of it */
        memset(&same, 0, sizeof same);
        same.family = field.family;
        same.port = field.port;
        memcpy(same.address, field.address, 16);
        assert_memory_equal(&field, &same, sizeof same);
        assert_memory_equal(field.address, a->octets_or_why, a->family == 4 ? 4 : 16);
    }
}

static void an_address_is_printed_as_it_was_read_and_fits_a_socket(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        const struct address *a = &addresses[i];
        struct server_conf_address field;
        struct sockaddr_storage socket;
        char text[64], why[120];
        if (a->family == 0) {
            continue;
        }
        print_message("%s\n", a->label);
        assert_int_equal(parse(&server_conf_value_address, a->text, NULL, &field, why), 0);
        server_conf_value_print_address(&field, text, sizeof text);
        assert_string_equal(text, a->text);
        server_conf_value_fill_address(&field, &socket);
        const struct sockaddr_in *in = (const struct sockaddr_in *)&socket;
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&socket;
        assert_int_equal(socket.ss_family, a->family == 4 ? AF_INET : AF_INET6);
        assert_int_equal(ntohs(a->family == 4 ? in->sin_port : in6->sin6_port), a->port);
        assert_memory_equal(a->family == 4 ? (const void *)&in->sin_addr : &in6->sin6_addr,
                            a->octets_or_why, a->family == 4 ? 4 : 16);
    }
}

static const struct prefix {
    const char *label;
    const char *text;
    uint8_t family; /* 0: refused */
    uint8_t bits;
} prefixes[] = {
    {"IPv4", "127.0.0.0/8", 4, 8},
    {"one IPv4 address", "127.0.0.1", 4, 32},
    {"all of IPv4", "0.0.0.0/0", 4, 0},
    {"IPv6", "2001:db8::/32", 6, 32},
    {"one IPv6 address", "::1", 6, 128},
    {"all of IPv6", "::/0", 6, 0},
    {"odd length", "10.128.0.0/9", 4, 9},
    {"bits behind", "10.0.0.1/8", 0, 0},
    {"a bit right behind", "10.128.0.0/8", 0, 0},
    {"IPv6 bits behind", "2001:db8::1/127", 0, 0},
    {"too long", "127.0.0.1/33", 0, 0},
    {"IPv6 too long", "::1/129", 0, 0},
    {"no length", "127.0.0.0/", 0, 0},
    {"mask", "127.0.0.0/255.0.0.0", 0, 0},
    {"two lengths", "127.0.0.0/8/8", 0, 0},
    {"nothing", "", 0, 0},
};

static void networks_are_read_with_their_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        struct server_conf_prefix field;
        char why[120];
        print_message("%s\n", prefixes[i].label);
        int err = parse(&server_conf_value_prefix, prefixes[i].text, NULL, &field, why);
        assert_int_equal(err, prefixes[i].family ? 0 : ERR_VALUE);
        if (!err) {
            assert_int_equal(field.family, prefixes[i].family);
            assert_int_equal(field.bits, prefixes[i].bits);
        }
    }
}

static const struct word {
    const char *label;
    const struct conf_type *type;
    const char *text;
    int value; /* -1: refused */
} words[] = {
    {"level", &server_conf_value_log_level, "warn", LOG_WARN},
    {"no level", &server_conf_value_log_level, "loud", -1},
    {"algorithm", &server_conf_value_algorithm, "hmac-sha1", SERVER_CONF_HMAC_SHA1},
    {"largest algorithm", &server_conf_value_algorithm, "hmac-sha512", SERVER_CONF_HMAC_SHA512},
    {"broken algorithm", &server_conf_value_algorithm, "hmac-md5", -1},
    {"store", &server_conf_value_store_kind, "lmdb", SERVER_CONF_LMDB},
    {"later store", &server_conf_value_store_kind, "etcd", -1},
};

static void words_are_read_by_position(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int field = -1;
        char why[120];
        print_message("%s\n", words[i].label);
        int err = parse(words[i].type, words[i].text, NULL, &field, why);
        assert_int_equal(err, words[i].value < 0 ? ERR_VALUE : 0);
        assert_int_equal(field, words[i].value);
    }
}

static const struct name {
    const char *label;
    const struct conf_type *type;
    const char *text;
    const char *value; /* NULL: refused */
} names[] = {
    {"a name", &server_conf_value_name, "Compute.GBA", "\7compute\3gba"},
    {"with its last dot", &server_conf_value_name, "gba.", "\3gba"},
    {"the root", &server_conf_value_name, ".", ""},
    {"no name", &server_conf_value_name, "", NULL},
    {"origin", &server_conf_value_name, "@", NULL},
    {"empty label", &server_conf_value_name, "a..b", NULL},
    {"long label", &server_conf_value_name,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    {"any depth", &server_conf_value_owner, "**", "**"},
    {"any depth below", &server_conf_value_owner, "**.main", "**.main"},
    {"one label", &server_conf_value_owner, "*.main", "*.main"},
    {"one label in the middle", &server_conf_value_owner, "_pool.*.main", "_pool.*.main"},
    {"the apex", &server_conf_value_owner, "@", "@"},
    {"any depth in the middle", &server_conf_value_owner, "a.**", NULL},
    {"star in a label", &server_conf_value_owner, "a*", NULL},
    {"three stars", &server_conf_value_owner, "***", NULL},
    {"absolute owner", &server_conf_value_owner, "main.", NULL},
    {"no owner", &server_conf_value_owner, "", NULL},
};

static void names_and_owner_patterns_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *field = NULL;
        char why[120];
        struct arena arena;
        arena_init(&arena, 10000);
        print_message("%s\n", names[i].label);
        int err = parse(names[i].type, names[i].text, &arena, &field, why);
        assert_int_equal(err, names[i].value ? 0 : ERR_VALUE);
        if (!err) {
            assert_memory_equal(field, names[i].value, strlen(names[i].value) + 1);
        }
        arena_finish(&arena);
        arena_init(&arena, 0);
        if (names[i].value) {
            assert_int_equal(parse(names[i].type, names[i].text, &arena, &field, why), ERR_LIMIT);
        }
        arena_finish(&arena);
    }
}

static void record_types_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int type; /* -1: refused */
    } rows[] = {
        {"A", 1},     {"aaaa", 28},   {"any", DNS_TYPE_ANY}, {"TYPE65362", 65362},
        {"AXFR", -1}, {"TYPE41", -1}, {"NOPE", -1},          {"", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t field = 0;
        char why[120];
        print_message("%s\n", rows[i].text);
        int err = parse(&server_conf_value_type, rows[i].text, NULL, &field, why);
        assert_int_equal(err, rows[i].type < 0 ? ERR_VALUE : 0);
        assert_int_equal(field, rows[i].type < 0 ? 0 : rows[i].type);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_with_their_port),
        cmocka_unit_test(an_address_is_printed_as_it_was_read_and_fits_a_socket),
        cmocka_unit_test(networks_are_read_with_their_length),
        cmocka_unit_test(words_are_read_by_position),
        cmocka_unit_test(names_and_owner_patterns_are_read),
        cmocka_unit_test(record_types_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
