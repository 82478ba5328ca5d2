#include "server/steer_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/zone_node.h"
#include "zones/zone_update.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void requirements_must_be_readable(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t type;
        const char *word; /* NULL: good */
    } rows[] = {
        {"good.t.", DNS_TYPE_CPOL, NULL},    {"none.t.", DNS_TYPE_CPOL, NULL},
        {"bad.t.", DNS_TYPE_CPOL, "frob-7"}, {"book.t.", DNS_TYPE_CPOL, "by-nobodys"},
        {"pool.t.", DNS_TYPE_CRES, NULL},
    };
    rcu_enter();
    struct zone *zone = zones_make(
        "t.",
        "@ SOA m r 7 1 2 3 60\n@ NS ns\ngood CPOL . need=\"cpu-8 by-load\"\nnone CPOL . top=2\n"
        "bad CPOL . need=\"cpu-8 frob-7\"\nbook CPOL . need=by-nobodys\npool CRES . cpu=1\n");
    struct steer_check check = {&zones_key, NULL};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[ZONE_UPDATE_TEXT] = "";
        const struct zone_node *node = zones_get(zone, zone_version(zone), rows[i].name);
        struct zone_records records = zone_node_records(node, rows[i].type);
        struct zone_rr rr;
        assert_true(zone_node_next(&records.pos, records.end, &rr));
        bool is_good = steer_check_record(&check, rows[i].type, rr.rdata, rr.len, text);
        assert_int_equal(is_good, rows[i].word == NULL);
        if (rows[i].word) {
            assert_non_null(strstr(text, rows[i].word));
        }
    }
    zone_unref(zone);
    zones_settle();
    rcu_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requirements_must_be_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
