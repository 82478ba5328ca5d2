/* explain, on a zone of four pools and the clock of the test. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "tests/lib/commands.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static const char text[] =
    "near CENTRE . kind=ai region=440300\n"
    "     CNET 440300. region=440300 medium=ip rtt=5ms\n"
    "far CENTRE . kind=ai\n"
    "a.near CRES . acc=x accn=16 price=4 cur=CNY per=card-h tee=sgx,tdx\n"
    "a.near 30 CLOAD . obs=1789999990 accf=8\n"
    "b.far CRES . acc=y accn=16 price=2 cur=CNY per=card-h\n"
    "b.far 30 CLOAD . obs=1789999999 accf=16 util=91 accutil=91\n"
    "c.far CRES . acc=x accn=16\n"
    "d.far CRES . acc=x accn=16\n"
    "d.far 30 CLOAD . obs=1789990000 accf=16\n"
    "s CPOL . by=price:60,load:40 need=\"accn-8\" high=90 low=10 maxage=100000 order=ai top=1\n"
    "  PTR a.near\n  PTR b.far\n"
    "bad CPOL . need=\"moon-9\"\n";

static struct commands *make(void)
{
    struct commands *commands = commands_make(text);
    struct zone *zone = zone_set_at(commands->world.now->zones, 0);
    rcu_enter();
    pools_keeper_build(pools_keeper_attach(zone), zone);
    rcu_leave();
    return commands;
}

static json_t *explain(struct commands *commands, const char *const *args)
{
    json_t *root = commands_ask(commands, "explain", args);
    json_t *result = json_incref(json_object_get(root, "result"));
    json_decref(root);
    assert_non_null(result);
    return result;
}

static void assert_json(const json_t *object, const char *key, const char *expected)
{
    char *found = json_dumps(json_object_get(object, key), JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(found);
    assert_string_equal(found, expected);
    free(found);
}

static void a_requirement_is_explained_pool_by_pool(void **state)
{
    (void)state;
    struct commands *commands = make();
    json_t *told = explain(commands, ARGS("accn-8 by-price ACC-X"));
    assert_json(told, "requirement", "\"acc-x.accn-8.by-price\"");
    assert_json(told, "name", "\"\"");
    assert_json(told, "zone", "\"compute.gba.\"");
    assert_json(told, "now_s", "1790000000");
    assert_json(told, "until_s", "1790000051");
    assert_json(told, "from", "\"127.0.0.1\"");
    assert_json(told, "place", "\"nowhere\"");
    assert_json(told, "weights", "{\"price\":1}");
    assert_json(told, "maxage_s", "60");
    assert_json(told, "top", "4");
    assert_json(told, "considered", "4");
    assert_json(told, "fits", "1");
    assert_json(told, "answered", "1");
    assert_json(told, "equal", "1");
    assert_json(told, "uses_place", "false");
    assert_json(told, "group", "null");
    assert_json(told, "reasons", "{\"LACKS\":1,\"STALE\":1,\"FULL\":1}");
    assert_json(told, "cut", "false");
    assert_json(told, "pools",
                "[{\"name\":\"a.near.compute.gba.\",\"reason\":\"FITS\",\"unknown\":false,"
                "\"age_s\":10,\"rank\":1,\"score\":100000,\"weight\":9,"
                "\"terms\":{\"price\":100000},\"unknown_terms\":[],\"test\":null,\"value\":null,"
                "\"limit\":null,\"seen\":\"\",\"asked\":\"\"},"
                "{\"name\":\"c.far.compute.gba.\",\"reason\":\"FULL\",\"unknown\":true,"
                "\"age_s\":null,\"rank\":null,\"seen\":\"\",\"asked\":\"at least 8 cards\","
                "\"test\":\"accn-8\",\"value\":null,\"limit\":8000},"
                "{\"name\":\"d.far.compute.gba.\",\"reason\":\"STALE\",\"unknown\":false,"
                "\"age_s\":10000,\"rank\":null,\"test\":null,\"value\":10000,\"limit\":60,"
                "\"seen\":\"10000 s\",\"asked\":\"at most 60 s\"},"
                "{\"name\":\"b.far.compute.gba.\",\"reason\":\"LACKS\",\"unknown\":false,"
                "\"age_s\":1,\"rank\":null,\"seen\":\"y\",\"asked\":\"\",\"test\":\"acc-x\","
                "\"value\":\"y\",\"limit\":null}]");
    json_decref(told);
    commands_end(commands);
}

static void a_service_is_explained_by_its_policy(void **state)
{
    (void)state;
    struct commands *commands = make();
    json_t *told = explain(commands, ARGS("S.compute.gba", "::1", ""));
    assert_json(told, "name", "\"s.compute.gba.\"");
    assert_json(told, "requirement", "\"accn-8\"");
    assert_json(told, "from", "\"::1\"");
    assert_json(told, "weights", "{\"load\":40,\"price\":60}");
    assert_json(told, "group", "\"ai\"");
    assert_json(told, "low", "10");
    assert_json(told, "high", "90");
    assert_json(told, "maxage_s", "100000");
    assert_json(told, "top", "1");
    assert_json(told, "reasons", "{\"MEMBER\":2,\"SHED\":1}");
    const json_t *shed = json_array_get(json_object_get(told, "pools"), 1);
    assert_json(shed, "reason", "\"SHED\"");
    assert_json(shed, "value", "91");
    assert_json(shed, "limit", "90");
    assert_json(shed, "seen", "\"91 %\"");
    assert_json(shed, "asked", "\"below 90 %\"");
    json_decref(told);
    commands_end(commands);
}

/* What the first pool that fails a requirement shows: seen, asked, value. */
static void values_are_told_in_words_and_units(void **state)
{
    static const struct {
        const char *words, *pool, *seen, *asked, *value;
    } rows[] = {
        {"price-le-3", "a.near.compute.gba.", "\"4\"", "\"at most 3\"", "4000000"},
        {"tee-cca", "a.near.compute.gba.", "\"sgx,tdx\"", "\"\"", "\"sgx,tdx\""},
        {"kind-hpc", "a.near.compute.gba.", "\"ai\"", "\"\"", "\"ai\""},
        {"region-1", "a.near.compute.gba.", "\"440300\"", "\"\"", "\"440300\""},
        {"rtt-1ms.near-440300", "a.near.compute.gba.", "\"5 ms\"", "\"at most 1 ms\"", "5000"},
        {"medium-otn.near-440300", "a.near.compute.gba.", "\"ip\"", "\"\"", "\"ip\""},
        {"mem-1g", "a.near.compute.gba.", "\"\"", "\"at least 1 GiB\"", "null"},
    };
    (void)state;
    struct commands *commands = make();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *told = explain(commands, ARGS(rows[i].words, "", "compute.gba"));
        size_t j;
        json_t *pool, *found = NULL;
        json_array_foreach(json_object_get(told, "pools"), j, pool)
        {
            const char *name = json_string_value(json_object_get(pool, "name"));
            found = strcmp(name, rows[i].pool) == 0 ? pool : found;
        }
        assert_json(found, "seen", rows[i].seen);
        assert_json(found, "asked", rows[i].asked);
        assert_json(found, "value", rows[i].value);
        json_decref(told);
    }
    commands_end(commands);
}

static void what_is_not_understood_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *args[4], *why;
    } rows[] = {
        {{"moon-9"}, "moon-9"},
        {{"accn-x.find.compute.gba"}, "accn-x"},
        {{"bad.compute.gba"}, "moon-9"},
        {{"ns1.compute.gba"}, "ns1.compute.gba is no service: it has no CPOL here"},
        {{"no.compute.gba"}, "no.compute.gba is no service: it has no CPOL here"},
        {{"kind-ai", "moon"}, "moon is no address"},
        {{"kind-ai", "", "other.gba"}, "no zone other.gba here"},
        {{"kind-ai", "", ".."}, "no zone .. here"},
    };
    (void)state;
    struct commands *commands = make();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *why = commands_fail(commands, "explain", rows[i].args);
        assert_non_null(strstr(why, rows[i].why));
        mem_free(why);
    }
    commands_end(commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_requirement_is_explained_pool_by_pool),
        cmocka_unit_test(a_service_is_explained_by_its_policy),
        cmocka_unit_test(values_are_told_in_words_and_units),
        cmocka_unit_test(what_is_not_understood_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
