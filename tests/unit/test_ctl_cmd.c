#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "tests/lib/commands.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static json_t *result_of(json_t *root)
{
    assert_true(json_is_true(json_object_get(root, "ok")));
    return json_object_get(root, "result");
}

static json_int_t number(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

static void status_tells_how_the_server_is(void **state)
{
    struct commands *commands = commands_make("");
    struct stat_set *set = stat_registry_add(commands->context.registry);

    (void)state;
    stat_add(set, STAT_query_udp4, 3);
    stat_add(set, STAT_query_tcp6, 4);
    json_t *root = commands_ask(commands, "status", ARGS());
    const json_t *status = result_of(root);
    assert_string_equal(json_string_value(json_object_get(status, "version")), "1.2.3");
    assert_int_equal(number(status, "pid"), getpid());
    assert_int_equal(number(status, "uptime_s"), 4);
    assert_int_equal(number(status, "queries"), 7);
    assert_int_equal(number(status, "zones"), 1);
    assert_int_equal(number(status, "names"), 2);
    assert_int_equal(number(status, "records"), 3);
    assert_true(number(status, "zone_octets") > 0);
    assert_int_equal(number(status, "leases"), 3);
    assert_true(number(status, "store_used") > 0);
    assert_int_equal(number(status, "store_size"), 1 << 24);
    json_decref(root);
    commands_end(commands);
}

static void stats_give_every_counter_and_the_times(void **state)
{
    struct commands *commands = commands_make("");
    struct stat_set *set = stat_registry_add(commands->context.registry);

    (void)state;
    stat_add(set, STAT_truncated, 5);
    stat_time(set, 1000, 2);
    stat_time(set, 3000, 1);
    json_t *root = commands_ask(commands, "stats", ARGS());
    const json_t *counters = json_object_get(result_of(root), "counters");
    assert_int_equal(json_object_size(counters), STAT_COUNT);
    assert_int_equal(number(counters, "truncated"), 5);
    assert_int_equal(number(counters, "wildcard"), 0);
    char *times = json_dumps(json_object_get(result_of(root), "answer_ns"), JSON_COMPACT);
    assert_string_equal(times, "{\"count\":3,\"sum\":5000,\"le\":[[1024,2],[4096,3]]}");
    free(times);
    json_decref(root);
    commands_end(commands);
}

static void the_log_level_is_shown_and_set(void **state)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    struct commands *commands = commands_make("");

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        json_decref(commands_ask(commands, "log-level", ARGS(levels[i])));
        json_t *root = commands_ask(commands, "log-level", ARGS());
        assert_string_equal(json_string_value(json_object_get(result_of(root), "level")),
                            levels[i]);
        assert_int_equal(log_is_on(LOG_WARN), i <= 2);
        json_decref(root);
    }
    char *text = commands_fail(commands, "log-level", ARGS("loud"));
    assert_string_equal(text, "no log level loud: error, warn, info or debug");
    assert_false(log_is_on(LOG_WARN));
    mem_free(text);
    commands_end(commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_tells_how_the_server_is),
        cmocka_unit_test(stats_give_every_counter_and_the_times),
        cmocka_unit_test(the_log_level_is_shown_and_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
