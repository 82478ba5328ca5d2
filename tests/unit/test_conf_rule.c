/* Which rules are errors is in test_server_conf.c, with their places; here: which are none. */
#include "server/conf_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/conf.h"

static const struct {
    const char *rule;
    int err;
    bool is_unix;
    unsigned warnings;
} rows[] = {
    {"key: k, owner: x, types: A", 0, false, 0},
    {"key: k, source: 10.0.0.0/8, owner: x, types: A", 0, false, 0},
    {"key: k, transport: unix, owner: x, types: A", 0, true, 0},
    {"transport: unix, owner: x, types: A", 0, true, 1},
    {"transport: [unix, unix], owner: x, types: A", 0, true, 1},
    {"transport: [unix, udp], owner: x, types: A", ERR_MISSING, false, 0},
    {"transport: [], owner: x, types: A", ERR_MISSING, false, 0},
    {"source: 127.0.0.0/8, owner: x, types: A", 0, false, 1},
    {"source: [127.3.0.0/16, \"::1\"], owner: x, types: A", 0, false, 1},
    {"source: 127.0.0.1, transport: tcp, owner: x, types: A", 0, false, 1},
    {"source: 128.0.0.0/8, owner: x, types: A", ERR_VALUE, false, 0},
    {"source: 0.0.0.0/0, owner: x, types: A", ERR_VALUE, false, 0},
    {"source: \"::ffff:127.0.0.1\", owner: x, types: A", ERR_VALUE, false, 0},
    {"source: \"::2\", owner: x, types: A", ERR_VALUE, false, 0},
    {"source: 10.0.0.1, transport: unix, owner: x, types: A", ERR_VALUE, false, 0},
    {"key: k, owner: x, types: CLOAD, durability: relaxed", 0, false, 0},
    {"key: k, owner: x, types: [CLOAD, TYPE65362], durability: relaxed", 0, false, 0},
    {"key: k, owner: x, types: [CLOAD, CRES], durability: relaxed", ERR_VALUE, false, 0},
    {"key: k, owner: x, types: [CLOAD, CRES], durability: durable", 0, false, 0},
};

static void a_rule_that_is_safe_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[400];
        struct server_conf *conf = NULL;
        struct err_at at = {.text = ""};
        int len = snprintf(text, sizeof(text),
                           "store: {path: s}\n"
                           "keys: [{name: k, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\n"
                           "zones: [{name: z, update: [{%s}]}]\n",
                           rows[i].rule);
        int err = server_conf_parse("f", text, (size_t)len, &conf, &at);
        if (err != rows[i].err) {
            fail_msg("%s: %d %s", rows[i].rule, err, at.text);
        }
        if (!err) {
            assert_int_equal(conf_rule_is_unix(&conf->zones.items[0].update.items[0].transport),
                             rows[i].is_unix);
            unsigned warnings = 0;
            while (server_conf_warning(conf, warnings)) {
                warnings++;
            }
            assert_int_equal(warnings, rows[i].warnings);
        } else {
            assert_int_equal(at.line, 3);
        }
        server_conf_free(conf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_that_is_safe_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
