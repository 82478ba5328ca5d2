/* key list and explain update, on the rules of a configuration of their own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/commands.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
#define SECRET    "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="

static const char text[] =
    "store: {path: store}\n"
    "keys:\n"
    "  - {name: b, mac_min: 20, secret: " SECRET "}\n"
    "  - {name: a, algorithm: hmac-sha512, secret: " SECRET "}\n"
    "  - {name: c, secret: " SECRET "}\n"
    "zones:\n"
    "  - name: compute.gba\n"
    "    notify_key: a\n"
    "    transfer: [{key: a}, {source: \"::1\"}, {key: b}]\n"
    "    update:\n"
    "      - {key: b, owner: x, types: [A], transport: tcp, rate: 7, records_max: 9}\n"
    "      - {transport: unix, owner: x, types: [any]}\n"
    "      - {source: 127.0.0.0/8, owner: x, types: [CLOAD], durability: relaxed}\n"
    "      - {key: b, owner: x, types: [TXT]}\n"
    "  - {name: a.gba, transfer: [{key: b}]}\n";

static struct commands *make(void)
{
    struct commands *commands = commands_make("");
    rcu_enter();
    const struct world *world = rcu_read(commands->world.now);
    struct zone *zone = zone_set_at(world->zones, 0);
    struct server_conf *conf = NULL;
    struct rules *rules = NULL;
    size_t bad;
    assert_int_equal(server_conf_parse("/x.yaml", text, strlen(text), &conf, NULL), 0);
    assert_int_equal(rules_create(conf, &rules, &bad), 0);
    struct world_options options = {.udp_payload = 1232};
    world_publish(&commands->world, &options, zone_set_create(&zone, 1, &commands->world.key),
                  rules);
    rules_unref(rules);
    server_conf_free(conf);
    rcu_leave();
    return commands;
}

static void expect(struct commands *commands, const char *command, const char *const *args,
                   const char *expected)
{
    json_t *root = commands_ask(commands, command, args);
    char *found = json_dumps(json_object_get(root, "result"), JSON_COMPACT);
    assert_string_equal(found, expected);
    free(found);
    json_decref(root);
}

static void every_key_is_listed_with_its_rules_and_without_its_secret(void **state)
{
    (void)state;
    struct commands *commands = make();
    expect(commands, "key list", ARGS(),
           "{\"keys\":[{\"name\":\"a.\",\"algorithm\":\"hmac-sha512\",\"from\":\"config\","
           "\"mac_min\":0,\"zones\":[{\"zone\":\"compute.gba.\",\"transfer\":[1],\"update\":[],"
           "\"notify\":true}]},"
           "{\"name\":\"b.\",\"algorithm\":\"hmac-sha256\",\"from\":\"config\",\"mac_min\":20,"
           "\"zones\":[{\"zone\":\"a.gba.\",\"transfer\":[1],\"update\":[],\"notify\":false},"
           "{\"zone\":\"compute.gba.\",\"transfer\":[3],\"update\":[1,4],\"notify\":false}]},"
           "{\"name\":\"c.\",\"algorithm\":\"hmac-sha256\",\"from\":\"config\",\"mac_min\":0,"
           "\"zones\":[]}]}");
    commands_end(commands);
}

/* What keeps each rule from an update: words between commas. */
static void assert_explained(struct commands *commands, const char *const *args, int rule,
                             const char *expected)
{
    char found[200] = "";
    json_t *root = commands_ask(commands, "explain update", args);
    const json_t *result = json_object_get(root, "result");
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(result, "rules"), i, row)
    {
        strcat(found, i > 0 ? "," : "");
        strcat(found, json_string_value(json_object_get(row, "fails")));
    }
    assert_string_equal(found, expected);
    assert_int_equal(json_integer_value(json_object_get(result, "rule")), rule);
    assert_int_equal(json_is_true(json_object_get(result, "permitted")), rule > 0);
    json_decref(root);
}

static void explain_knows_transports_and_this_machine(void **state)
{
    (void)state;
    struct commands *commands = make();
    static const char *const name = "x.compute.gba";
    assert_explained(commands, ARGS("b", name, "A", "10.0.0.1", "tcp"), 1, ",transport,local,type");
    assert_explained(commands, ARGS("b", name, "A", "10.0.0.1", "udp"), 0,
                     "transport,transport,local,type");
    assert_explained(commands, ARGS("b", name, "A", "10.0.0.1"), 0,
                     "transport,transport,local,type");
    assert_explained(commands, ARGS("-", name, "CLOAD"), 3, "key,transport,,key");
    assert_explained(commands, ARGS("-", name, "A", "unix"), 2, "key,,source,key");
    assert_explained(commands, ARGS("-", name, "A", "unix", "unix"), 2, "key,,source,key");
    expect(
        commands, "explain update", ARGS("-", "x.compute.gba", "CLOAD", "127.0.0.9", "tls"),
        "{\"zone\":\"compute.gba.\",\"permitted\":true,\"rule\":3,\"transport\":\"tls\",\"rules\":["
        "{\"rule\":1,\"fails\":\"key\",\"records_max\":9,\"rate\":7,\"durability\":\"durable\"},"
        "{\"rule\":2,\"fails\":\"transport\",\"records_max\":0,\"rate\":0,\"durability\":"
        "\"durable\"},"
        "{\"rule\":3,\"fails\":\"\",\"records_max\":0,\"rate\":0,\"durability\":\"relaxed\"},"
        "{\"rule\":4,\"fails\":\"key\",\"records_max\":0,\"rate\":0,\"durability\":\"durable\"}]}");
    static const struct {
        const char *from, *by, *why;
    } wrong[] = {
        {"unix", "tcp", "tcp is not understood"},
        {"127.0.0.1", "unix", "unix is not understood"},
        {"127.0.0.1", "dso", "dso is not understood"},
        {"moon", "udp", "moon is not understood"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *why = commands_fail(commands, "explain update",
                                  ARGS("-", name, "A", wrong[i].from, wrong[i].by));
        assert_string_equal(why, wrong[i].why);
        mem_free(why);
    }
    commands_end(commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_listed_with_its_rules_and_without_its_secret),
        cmocka_unit_test(explain_knows_transports_and_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
