/* server/conf: suanyud.yaml as a whole, and the checks between its options. */
#include "server/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/scratch.h"
#include "zones/dns_tsig_key.h"
#include "zones/dns_type.h"

static struct server_conf *load(const char *text)
{
    struct server_conf *conf = NULL;
    struct err_at at;
    if (server_conf_parse("/etc/suanyu/suanyud.yaml", text, strlen(text), &conf, &at)) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    return conf;
}

static bool warns(const struct server_conf *conf, const char *text)
{
    const struct err_at *at;
    bool found = false;
    for (size_t i = 0; (at = server_conf_warning(conf, i)); i++) {
        found = found || !strcmp(at->text, text);
    }
    return found;
}

static const char full[] = "server:\n"
                           "  listen: [127.0.0.1:5300, \"[::1]:5300\"]\n"
                           "  tls_listen: [127.0.0.1:8853]\n"
                           "  http_listen: [127.0.0.1:8080]\n"
                           "  workers: 1\n"
                           "  identity: ns1.compute.gba\n"
                           "control:\n"
                           "  socket: run/suanyud.sock\n"
                           "store:\n"
                           "  kind: lmdb\n"
                           "  path: run/store\n"
                           "keys:\n"
                           "  - name: k1\n"
                           "    algorithm: hmac-sha384\n"
                           "    secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=\n"
                           "zones:\n"
                           "  - name: Compute.GBA\n"
                           "    file: zone.txt\n"
                           "    index: on\n"
                           "    transfer:\n"
                           "      - {source: 127.0.0.0/8}\n"
                           "      - {source: [\"::1\", 10.0.0.0/8], key: K1}\n"
                           "    update:\n"
                           "      - {key: k1, owner: \"**\", types: [any]}\n"
                           "    notify: []\n";

static void a_full_file_lands_in_its_fields(void **state)
{
    (void)state;
    struct server_conf *conf = load(full);
    const struct server_conf_server *server = &conf->server;
    assert_int_equal(server->listen.count, 2);
    assert_int_equal(server->listen.items[0].family, 4);
    assert_int_equal(server->listen.items[0].port, 5300);
    assert_memory_equal(server->listen.items[0].address, "\x7f\0\0\1", 4);
    assert_int_equal(server->listen.items[1].family, 6);
    assert_int_equal(server->listen.items[1].address[15], 1);
    assert_int_equal(server->http_listen.items[0].port, 8080);
    assert_int_equal(server->workers, 1);
    assert_string_equal(server->identity, "ns1.compute.gba");
    assert_string_equal(conf->control.socket, "/etc/suanyu/run/suanyud.sock");
    assert_int_equal(conf->store.kind, SERVER_CONF_LMDB);
    assert_string_equal(conf->store.path, "/etc/suanyu/run/store");
    assert_int_equal(conf->keys.items[0].algorithm, SERVER_CONF_HMAC_SHA384);
    assert_int_equal(conf->keys.items[0].secret.len, 32);
    assert_memory_equal(conf->keys.items[0].secret.data, "secretsecret", 12);
    const struct server_conf_zone *zone = &conf->zones.items[0];
    assert_memory_equal(zone->name, "\7compute\3gba", 13);
    assert_string_equal(zone->file, "/etc/suanyu/zone.txt");
    assert_true(zone->index);
    assert_int_equal(zone->transfer.items[0].source.items[0].bits, 8);
    assert_null(zone->transfer.items[0].key);
    assert_int_equal(zone->transfer.items[1].source.items[0].bits, 128);
    assert_memory_equal(zone->transfer.items[1].key, "\2k1", 4);
    assert_string_equal(zone->update.items[0].owner.items[0], "**");
    assert_int_equal(zone->update.items[0].types.items[0], DNS_TYPE_ANY);
    assert_int_equal(zone->notify.count, 0);
    server_conf_free(conf);
}

static void an_almost_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    struct server_conf *conf = load("store: {path: s}");
    const struct server_conf_server *server = &conf->server;
    assert_int_equal(server->listen.count, 1);
    assert_int_equal(server->listen.items[0].port, 5300);
    assert_int_equal(server->tls_listen.count, 0);
    assert_int_equal(server->http_listen.count, 0);
    assert_int_equal(server->workers, 0);
    assert_int_equal(server->udp_payload, 1232);
    assert_int_equal(server->batch, 32);
    assert_int_equal(server->notify_delay, 200);
    assert_int_equal(server->log_level, LOG_INFO);
    assert_int_equal(server->receive_buffer, 1 << 20);
    assert_string_equal(server->version, "");
    assert_null(server->identity);
    assert_null(server->user);
    assert_null(server->cookie_secret.data);
    assert_true(server->cookies);
    assert_true(server->nsid);
    assert_false(server->cpu_affinity);
    assert_string_equal(conf->control.socket, "/run/suanyu/suanyud.sock");
    assert_int_equal(conf->zones.count, 0);
    assert_null(server_conf_warning(conf, 0));
    server_conf_free(conf);
}

static void the_defaults_of_a_zone_and_a_key_hold(void **state)
{
    (void)state;
    struct server_conf *conf = load("store: {path: s}\n"
                                    "keys: [{name: k, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\n"
                                    "zones: [{name: z}]\n");
    const struct server_conf_zone *zone = &conf->zones.items[0];
    assert_int_equal(conf->keys.items[0].algorithm, SERVER_CONF_HMAC_SHA256);
    assert_null(zone->file);
    assert_false(zone->index);
    assert_int_equal(zone->index_max, 1000);
    assert_int_equal(zone->records_max, 1000);
    assert_int_equal(zone->types_max, 100);
    assert_int_equal(zone->transfer.count + zone->update.count + zone->notify.count, 0);
    assert_int_equal(zone->primary.count, 0);
    assert_null(zone->primary_key);
    assert_true(zone->forward_updates);
    assert_int_equal(conf->server.transfers_in, 8);
    server_conf_free(conf);
}

static const struct bad {
    const char *label;
    const char *text; /* after `store: {path: s}` in line 1 */
    int err;
    unsigned line, column;
    const char *message;
} bads[] = {
    {"zone twice", "zones:\n- name: a.b\n- name: c\n- {index: on, name: A.b.}\n", ERR_EXISTS, 5, 21,
     "zone a.b. is given twice"},
    {"key twice",
     "keys:\n- {name: k, secret: MDEyMzQ1Njc4OWFiY2RlZg==}\n"
     "- {secret: MDEyMzQ1Njc4OWFiY2RlZg==, name: K}\n",
     ERR_EXISTS, 4, 44, "key k. is given twice"},
    {"unknown key in update", "zones:\n- name: a\n  update: [{key: k, owner: x, types: A}]\n",
     ERR_MISSING, 4, 18, "no key k. in keys"},
    {"unknown key in transfer", "zones:\n- name: a\n  transfer: [{key: k}]\n", ERR_MISSING, 4, 20,
     "no key k. in keys"},
    {"rule for nobody", "zones:\n- name: a\n  transfer: [{source: []}]\n", ERR_MISSING, 4, 14,
     "a rule needs a key, a source, or both"},
    {"empty rule", "zones:\n- name: a\n  transfer: [{}]\n", ERR_MISSING, 4, 14,
     "a rule needs a key, a source, or both"},
    {"key and sig0",
     "keys: [{name: k, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\n"
     "zones:\n- name: a\n  update: [{key: k, sig0: on, owner: x, types: A}]\n",
     ERR_EXISTS, 5, 18, "a rule has a key or sig0, not both"},
    {"primary_key without primary", "zones:\n- name: a\n  primary_key: k\n", ERR_MISSING, 4, 16,
     "primary_key without primary"},
    {"unknown primary_key", "zones:\n- {name: a, primary: 192.0.2.1:53, primary_key: k}\n",
     ERR_MISSING, 3, 49, "no key k. in keys"},
    {"unknown notify_key", "zones:\n- {name: a, notify_key: k}\n", ERR_MISSING, 3, 25,
     "no key k. in keys"},
    {"lists in a secondary zone", "zones:\n- {name: a, primary: 192.0.2.1:53, index: on}\n",
     ERR_VALUE, 3, 43, "a zone with primary has the names that its primary writes"},
    {"updates of a secondary zone",
     "zones:\n- {name: a, primary: 192.0.2.1:53, update: [{source: 10.0.0.0/8, owner: x, types: "
     "A}]}\n",
     ERR_VALUE, 3, 45, "a zone with primary is updated there"},
    {"17 primaries",
     "zones:\n- {name: a, primary: ["
     "192.0.2.1:1, 192.0.2.1:2, 192.0.2.1:3, 192.0.2.1:4, 192.0.2.1:5, 192.0.2.1:6, 192.0.2.1:7, "
     "192.0.2.1:8, 192.0.2.1:9, 192.0.2.1:10, 192.0.2.1:11, 192.0.2.1:12, 192.0.2.1:13, "
     "192.0.2.1:14, 192.0.2.1:15, 192.0.2.1:16, 192.0.2.1:17]}\n",
     ERR_LIMIT, 3, 22, "more than 16 primaries"},
    {"a primary twice", "zones:\n- {name: a, primary: [192.0.2.1:53, 192.0.2.1:53]}\n", ERR_EXISTS,
     3, 37, "the address is given twice"},
    {"key without secret", "keys:\n- name: k\n", ERR_MISSING, 3, 3,
     "a key needs one of secret and secret_file"},
    {"unsigned from a network",
     "zones:\n- name: a\n  update: [{source: [127.0.0.0/8, 10.0.0.0/8], owner: x, types: A}]\n",
     ERR_VALUE, 4, 35,
     "a rule without a key is for loopback addresses and unix sockets: any other address can be "
     "forged"},
    {"unsigned from more than loopback",
     "zones:\n- name: a\n  update: [{source: 126.0.0.0/7, owner: x, types: A}]\n", ERR_VALUE, 4, 21,
     "a rule without a key is for loopback addresses and unix sockets: any other address can be "
     "forged"},
    {"unsigned from IPv6",
     "zones:\n- name: a\n  update: [{source: \"::/127\", owner: x, types: A}]\n", ERR_VALUE, 4, 21,
     "a rule without a key is for loopback addresses and unix sockets: any other address can be "
     "forged"},
    {"unsigned by TCP from anywhere",
     "zones:\n- name: a\n  update: [{transport: [unix, tcp], owner: x, types: A}]\n", ERR_MISSING,
     4, 12, "a rule needs a key, a source, or both"},
    {"a rule for no type",
     "zones:\n- name: a\n  update: [{source: 127.0.0.1, owner: x, types: []}]\n", ERR_MISSING, 4,
     49, "no type: the rule would permit nothing (any is for all types)"},
    {"a rule for no name",
     "zones:\n- name: a\n  update: [{source: 127.0.0.1, owner: [], types: A}]\n", ERR_MISSING, 4,
     39, "no owner: the rule would permit nothing"},
    {"relaxed for more than load reports",
     "zones:\n- name: a\n  update: [{source: 127.0.0.1, owner: x, types: [CLOAD, A], durability: "
     "relaxed}]\n",
     ERR_VALUE, 4, 73,
     "relaxed is for rules of type CLOAD alone: only load reports come again by themselves"},
    {"relaxed for all types",
     "zones:\n- name: a\n  update: [{source: 127.0.0.1, owner: x, types: any, durability: "
     "relaxed}]\n",
     ERR_VALUE, 4, 66,
     "relaxed is for rules of type CLOAD alone: only load reports come again by themselves"},
    {"a transport that is none",
     "zones:\n- name: a\n  update: [{source: 127.0.0.1, owner: x, types: A, transport: dso}]\n",
     ERR_VALUE, 4, 63,
     "zones[0].update[0].transport: expected any of udp, tcp, tls, unix, found \"dso\""},
    {"catalog from a file", "zones:\n- {name: a, catalog: producer, file: x}\n", ERR_VALUE, 3, 38,
     "the server makes the catalog of a producer: it has no file"},
    {"catalog from a primary", "zones:\n- {name: a, catalog: producer, primary: [127.0.0.1:1]}\n",
     ERR_VALUE, 3, 41, "the server makes the catalog of a producer: it has no primary"},
    {"consumer of nobody", "zones:\n- {name: a, catalog: consumer}\n", ERR_MISSING, 3, 22,
     "the catalog of a consumer comes from a primary"},
    {"no such catalog", "zones:\n- {name: a, catalog: both}\n", ERR_VALUE, 3, 22,
     "zones[0].catalog: expected one of none, producer, consumer, found \"both\""},
    {"no listener", "server: {listen: []}\n", ERR_MISSING, 2, 18, "no address to listen on"},
    {"same address twice", "server: {listen: [127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:1]}\n",
     ERR_EXISTS, 2, 45, "the address is given twice"},
    {"zone without name", "zones:\n- file: x\n", ERR_MISSING, 3, 3,
     "zones[0].name: required key is missing: name of the zone's apex"},
    {"key in the wrong map", "workers: 2\n", ERR_VALUE, 2, 1, "unknown key \"workers\""},
    {"cookie secret of another length", "server: {cookie_secret: Zm9v}\n", ERR_VALUE, 2, 25,
     "server.cookie_secret: expected base64 of 16 octets: 3 octets"},
    {"socket path too long",
     "control: {socket: /0123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567890}\n",
     ERR_VALUE, 2, 19,
     "control.socket: expected path of at most 107 octets, found "
     "\"/012345678901234567890123456789012345678\": 112 octets"},
};

static void contradictions_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        char text[400];
        struct server_conf *conf = NULL;
        struct err_at at;
        print_message("%s\n", bads[i].label);
        int len = snprintf(text, sizeof text, "store: {path: s}\n%s", bads[i].text);
        int err = server_conf_parse("f.yaml", text, (size_t)len, &conf, &at);
        assert_int_equal(err, bads[i].err);
        assert_string_equal(at.text, bads[i].message);
        assert_string_equal(at.file, "f.yaml");
        assert_int_equal(at.line, bads[i].line);
        assert_int_equal(at.column, bads[i].column);
        assert_null(conf);
    }
}

static void the_store_needs_a_path_and_a_kind_that_is_there(void **state)
{
    (void)state;
    static const char empty[] = "server: {workers: 1}";
    static const char etcd[] = "store: {kind: etcd, path: s}";
    struct server_conf *conf = NULL;
    struct err_at at;
    assert_int_equal(server_conf_parse("f", empty, strlen(empty), &conf, &at), ERR_MISSING);
    assert_string_equal(at.text, "store.path: required key is missing: folder of the store, made "
                                 "when absent");
    assert_int_equal(server_conf_parse("f", etcd, strlen(etcd), &conf, &at), ERR_VALUE);
    assert_string_equal(
        at.text, "store.kind: expected one of lmdb, found \"etcd\": clusters on etcd come later");
}

static void what_is_weak_or_takes_effect_later_warns(void **state)
{
    (void)state;
    struct server_conf *conf = load("store: {path: s}\n"
                                    "server: {http_listen: 192.0.2.1:80, tls_listen: 127.0.0.1:8}\n"
                                    "keys: [{name: k, secret: Zm9v}]\n"
                                    "zones:\n"
                                    "- name: z\n"
                                    "  update: [{source: 127.0.0.1, owner: '*', types: A}]\n"
                                    "  notify: 192.0.2.2:53\n"
                                    "  transfer: [{source: 0.0.0.0/0}]\n");
    static const char *const expected[] = {
        "tls_listen takes effect later",
        "everybody who reaches this address may read the counters",
        "a secret of 3 octets is weak: use 16 or more",
        "update without a key: every program on this machine may send it",
    };
    size_t count = sizeof expected / sizeof expected[0];
    for (size_t i = 0; i < count; i++) {
        print_message("%s\n", expected[i]);
        assert_true(warns(conf, expected[i]));
        assert_int_not_equal(server_conf_warning(conf, i)->line, 0);
    }
    assert_non_null(server_conf_warning(conf, count - 1));
    assert_null(server_conf_warning(conf, count));
    server_conf_free(conf);
}

/* A configuration that names a file of keys, which has this text and mode. */
static int load_with_keys(const char *keys, mode_t mode, struct server_conf **out,
                          struct err_at *at)
{
    char *folder = scratch_make();
    char *path = scratch_path(folder, "keys.yaml"), *conf = scratch_path(folder, "suanyud.yaml");
    scratch_write(path, keys);
    assert_int_equal(chmod(path, mode), 0);
    scratch_write(conf, "store: {path: s}\n"
                        "keys_file: keys.yaml\n"
                        "keys: [{name: a, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\n"
                        "zones: [{name: z, notify_key: b, transfer: [{key: a}, {key: b}]}]\n");
    int err = server_conf_load(conf, out, at);
    mem_free(path);
    mem_free(conf);
    scratch_remove(folder);
    return err;
}

static void keys_may_stand_in_a_file_of_their_own(void **state)
{
    (void)state;
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    static const char keys[] = "keys:\n"
                               "  - name: b\n"
                               "    algorithm: hmac-sha512\n"
                               "    secret: MDEyMzQ1Njc4OWFiY2RlZg==\n"
                               "    mac_min: 32\n"
                               "# nsupdate -y hmac-sha512:b:MDEyMzQ1Njc4OWFiY2RlZg==\n"
                               "  - {name: weak, secret: Zm9v}\n";
    if (load_with_keys(keys, 0640, &conf, &at)) {
        fail_msg("%s", at.text);
    }
    assert_int_equal(server_conf_key_count(conf), 3);
    assert_memory_equal(server_conf_key_at(conf, 0)->name, "\1a", 3);
    assert_memory_equal(server_conf_key_at(conf, 1)->name, "\1b", 3);
    assert_int_equal(server_conf_key_at(conf, 1)->mac_min, 32);
    assert_int_equal(server_conf_key_at(conf, 1)->secret.len, 16);
    assert_memory_equal(server_conf_key_at(conf, 2)->name, "\4weak", 6);
    const struct err_at *warning =
        server_conf_warning(conf, 1); /* 0: of the configuration itself */
    assert_non_null(warning);
    assert_non_null(strstr(warning->text, "keys.yaml:7:26: a secret of 3 octets is weak"));
    assert_int_equal(warning->line, 2);
    server_conf_free(conf);
}

static void a_file_of_keys_is_as_strict_as_the_configuration(void **state)
{
    (void)state;
    static const struct {
        const char *label, *keys;
        mode_t mode;
        int err;
        const char *text;
    } rows[] = {
        {"others may read", "keys: [{name: b, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]", 0644, ERR_VALUE,
         "chmod go-w,o-rwx"},
        {"the group may write", "keys: [{name: b, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]", 0660,
         ERR_VALUE, "chmod go-w,o-rwx"},
        {"others may run", "keys: [{name: b, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]", 0601, ERR_VALUE,
         "chmod go-w,o-rwx"},
        {"a name twice", "keys:\n- {name: A, secret: MDEyMzQ1Njc4OWFiY2RlZg==}\n", 0600, ERR_EXISTS,
         "key a. is given twice"},
        {"not the keys alone", "server: {}\n", 0600, ERR_VALUE, "keys.yaml:1:1: unknown key"},
        {"no key", "{}", 0600, ERR_MISSING, "keys.yaml:1:1: "},
        {"no YAML", "keys: [", 0600, ERR_SYNTAX, "keys.yaml:"},
        {"a key without secret", "keys:\n- name: b\n", 0600, ERR_MISSING,
         "keys.yaml:2:3: a key needs one of secret and secret_file"},
        {"the key that is asked for is not there", "keys: []", 0600, ERR_MISSING,
         "no key b. in keys"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server_conf *conf = NULL;
        struct err_at at = {.text = ""};
        int err = load_with_keys(rows[i].keys, rows[i].mode, &conf, &at);
        if (err != rows[i].err || !strstr(at.text, rows[i].text) || at.line == 0) {
            fail_msg("%s: %d %u %s", rows[i].label, err, at.line, at.text);
        }
    }
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    static const char none[] = "store: {path: s}\nkeys_file: /nowhere/keys.yaml\n";
    assert_int_equal(server_conf_parse("f", none, strlen(none), &conf, &at), -ENOENT);
    assert_int_equal(at.line, 2);
    assert_non_null(strstr(at.text, "/nowhere/keys.yaml: "));
}

static void a_truncated_mac_has_its_bounds_by_algorithm(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"hmac-sha1", "hmac-sha256", "hmac-sha384",
                                             "hmac-sha512"};
    for (size_t i = 0; i < 4; i++) {
        const struct dns_tsig_algorithm *row =
            dns_tsig_algorithm_parse(algorithms[i], strlen(algorithms[i]));
        for (unsigned min = 0; min <= 64; min++) {
            char text[200];
            struct server_conf *conf = NULL;
            int len = snprintf(text, sizeof text,
                               "store: {path: s}\nkeys: [{name: k, algorithm: %s, mac_min: %u, "
                               "secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\n",
                               algorithms[i], min);
            bool fits = min == 0 || (min >= dns_tsig_algorithm_least(row) && min <= row->octets);
            assert_int_equal(server_conf_parse("f", text, (size_t)len, &conf, NULL),
                             fits ? 0 : ERR_VALUE);
            server_conf_free(conf);
        }
    }
}

static void a_missing_file_is_an_error_and_a_good_one_is_loaded(void **state)
{
    (void)state;
    char path[] = "/tmp/test_server_conf.XXXXXX";
    int fd = mkstemp(path);
    struct server_conf *conf = NULL;
    struct err_at at;
    assert_int_equal(write(fd, "store: {path: s}\n", 17), 17);
    close(fd);
    assert_int_equal(server_conf_load(path, &conf, &at), 0);
    assert_string_equal(conf->store.path, "/tmp/s");
    server_conf_free(conf);
    conf = NULL;
    unlink(path);
    assert_int_equal(server_conf_load(path, &conf, &at), -ENOENT);
    assert_null(conf);
    server_conf_free(NULL);
}

static void every_option_is_printed_with_its_help(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    server_conf_print_options(out);
    fclose(out);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        lines++;
    }
    static const char *const names[] = {
#define TOP(name, ...)      #name,
#define SERVER(name, ...)   "\nserver." #name "\t",
#define CONTROL(name, ...)  "\ncontrol." #name "\t",
#define STORE(name, ...)    "\nstore." #name "\t",
#define KEY(name, ...)      "\nkeys[]." #name "\t",
#define ZONE(name, ...)     "\nzones[]." #name,
#define TRANSFER(name, ...) "\nzones[].transfer[]." #name "\t",
#define UPDATE(name, ...)   "\nzones[].update[]." #name "\t",
#include "server/conf.def"
    };
    assert_int_equal(lines, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(strstr(text, names[i]));
    }
    assert_non_null(
        strstr(text, "\nserver.udp_payload\tnumber from 512 to 4096\t1232\toctets\t\t"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_file_lands_in_its_fields),
        cmocka_unit_test(an_almost_empty_file_gives_the_defaults),
        cmocka_unit_test(the_defaults_of_a_zone_and_a_key_hold),
        cmocka_unit_test(contradictions_are_refused_with_their_place),
        cmocka_unit_test(the_store_needs_a_path_and_a_kind_that_is_there),
        cmocka_unit_test(what_is_weak_or_takes_effect_later_warns),
        cmocka_unit_test(keys_may_stand_in_a_file_of_their_own),
        cmocka_unit_test(a_file_of_keys_is_as_strict_as_the_configuration),
        cmocka_unit_test(a_truncated_mac_has_its_bounds_by_algorithm),
        cmocka_unit_test(a_missing_file_is_an_error_and_a_good_one_is_loaded),
        cmocka_unit_test(every_option_is_printed_with_its_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
