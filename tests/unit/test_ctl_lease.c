#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/held.h"
#include "server/held_lease.h"
#include "tests/lib/commands.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Give the only address of a name a lease that has run for a while. */
static void lease_out(struct commands *commands, const char *name, uint32_t length_s,
                      uint32_t left_s)
{
    struct held *held = keeper_find(commands->context.keeper, zones_name("compute.gba."));
    const struct zone_node *node = zones_get(held->zone, zone_version(held->zone), name);
    const uint8_t *pos = zone_node_ready(node, zone_node_find(node, DNS_TYPE_A));
    struct zone_rr rr;
    zone_node_next(&pos, pos + 16, &rr);
    struct zone_lease_term term = {
        .due_s = held_lease_now(&commands->clock.clock) + left_s,
        .length_s = length_s,
    };
    struct zone_lease_id id = {zones_name(name), DNS_TYPE_A,
                               zone_lease_digest(DNS_TYPE_A, rr.rdata, rr.len)};
    zone_lease_set(zone_lease_group_table(held->leases), &id, &term);
}

static void expect(struct commands *commands, const char *name, const char *wanted)
{
    json_t *root = commands_ask(commands, "lease list", ARGS(name));
    char *text = json_dumps(json_object_get(root, "result"), JSON_COMPACT);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(root);
}

static void leases_are_listed_those_that_end_first_before_others(void **state)
{
    (void)state;
    struct commands *commands = commands_make("a A 192.0.2.1\nb.a A 192.0.2.2\nc A 192.0.2.3\n");
    lease_out(commands, "a.compute.gba.", 3600, 3000);
    lease_out(commands, "b.a.compute.gba.", 60, 20);
    lease_out(commands, "c.compute.gba.", 60, 10);
    expect(commands, "A.compute.gba",
           "{\"name\":\"a.compute.gba.\",\"zone\":\"compute.gba.\",\"total\":2,\"leases\":["
           "{\"owner\":\"b.a.compute.gba.\",\"type\":\"A\",\"text\":\"192.0.2.2\",\"left\":20,"
           "\"granted\":60},"
           "{\"owner\":\"a.compute.gba.\",\"type\":\"A\",\"text\":\"192.0.2.1\",\"left\":3000,"
           "\"granted\":3600}]}");
    expect(commands, "nobody.compute.gba",
           "{\"name\":\"nobody.compute.gba.\",\"zone\":\"compute.gba.\",\"total\":0,"
           "\"leases\":[]}");
    commands_end(commands);
}

static void more_than_are_shown_are_counted(void **state)
{
    (void)state;
    struct commands *commands = commands_make("$GENERATE 1-300 n$ A 192.0.2.1\n");
    for (unsigned i = 1; i <= 300; i++) {
        char name[40];
        snprintf(name, sizeof(name), "n%u.compute.gba.", i);
        lease_out(commands, name, 100, 1000 - i);
    }
    json_t *root = commands_ask(commands, "lease list", ARGS("compute.gba"));
    json_t *result = json_object_get(root, "result");
    json_t *leases = json_object_get(result, "leases");
    assert_int_equal(json_integer_value(json_object_get(result, "total")), 300);
    assert_int_equal(json_array_size(leases), 200);
    assert_string_equal(json_string_value(json_object_get(json_array_get(leases, 0), "owner")),
                        "n300.compute.gba.");
    json_decref(root);
    commands_end(commands);
}

static void a_name_that_is_not_ours_is_told(void **state)
{
    (void)state;
    struct commands *commands = commands_make("");
    char *text = commands_fail(commands, "lease list", ARGS("example.org"));
    assert_string_equal(text, "the name is in no zone of this server");
    mem_free(text);
    text = commands_fail(commands, "lease list", ARGS("a..b"));
    assert_non_null(strstr(text, "a..b is no name"));
    mem_free(text);
    commands_end(commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_are_listed_those_that_end_first_before_others),
        cmocka_unit_test(more_than_are_shown_are_counted),
        cmocka_unit_test(a_name_that_is_not_ours_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
