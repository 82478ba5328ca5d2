#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "server/holding.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"

#define HEAD    "@ SOA m r 1 1 1 1 1\n@ NS m\n"
#define MEMBERS HEAD "version TXT 2\nx.zones PTR m.t.\ny.zones PTR a.t.\n"

enum { MAP = 1 << 20 };

static char *folder;
static struct zone_store *store;

/* What is asked for, in order, each name's first letter; and the letter that fails. */
static char asked[20], failing;
static struct held *before; /* that the zone b.t goes on from */

static int take(void *context, const struct server_conf_zone *conf, struct held *out_held)
{
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(conf->name, name);
    size_t len = strlen(asked);
    asked[len] = name[0];
    asked[len + 1] = 0;
    assert_string_equal(context, "context");
    if (name[0] == failing) {
        return ERR_SYNTAX;
    }
    out_held->zone = zones_make(name, conf->catalog != SERVER_CONF_NONE ? MEMBERS : HEAD);
    if (name[0] == 'b' && before) {
        out_held->before = before;
        out_held->index = before->index;
    }
    return 0;
}

static int make(struct holding *out_holding)
{
    static const char text[] =
        "{store: {path: s}, zones: [{name: z.t}, {name: c.t, catalog: producer},"
        " {name: b.t}]}";
    struct server_conf *conf = NULL;
    assert_int_equal(server_conf_parse("/x", text, strlen(text), &conf, NULL), 0);
    asked[0] = 0;
    int err = holding_make(conf, store, take, "context", out_holding);
    server_conf_free(conf);
    return err;
}

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    char *path = scratch_path(folder, "store");
    int err = zone_store_open(path, MAP, &store);
    mem_free(path);
    failing = 0;
    before = NULL;
    return err;
}

static int leave(void **state)
{
    (void)state;
    zone_store_close(store);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

static void catalogs_come_first_and_each_zone_is_asked_for_once(void **state)
{
    (void)state;
    struct holding holding;
    assert_int_equal(make(&holding), 0);
    assert_string_equal(asked, "cabmz");
    assert_int_equal(holding.count, 5);
    for (size_t i = 0; i < holding.count; i++) {
        const struct server_conf_zone *row = &roster_conf(holding.roster)->zones.items[i];
        assert_true(dns_name_equal(zone_name(holding.zones[i].zone), row->name));
        assert_false(zone_is_hidden(holding.zones[i].zone));
    }
    holding_keep(&holding);
    assert_true(zone_is_hidden(holding.zones[2].zone));
    assert_false(zone_is_hidden(holding.zones[1].zone));
    holding_drop(&holding);
}

static void what_fails_is_told_after_all_were_asked_for(void **state)
{
    (void)state;
    static const struct {
        char failing;
        const char *asked;
    } rows[] = {{'c', "c"}, {'a', "cabmz"}, {'z', "cabmz"}};
    for (size_t i = 0; i < 3; i++) {
        struct holding holding;
        failing = rows[i].failing;
        assert_int_equal(make(&holding), ERR_SYNTAX);
        assert_string_equal(asked, rows[i].asked);
        holding_drop(&holding);
    }
}

static void an_index_has_one_owner_at_each_end(void **state)
{
    (void)state;
    struct held old = {.zone = zones_make("b.t.", HEAD),
                       .index = zone_index_create(zones_name("b.t."), 1)};
    struct zone_index *index = old.index;
    struct holding holding;
    before = &old;
    assert_int_equal(make(&holding), 0);
    holding_drop(&holding);
    assert_ptr_equal(old.index, index); /* not freed: the next one has it */
    assert_int_equal(make(&holding), 0);
    holding_keep(&holding);
    assert_null(old.index);
    assert_ptr_equal(holding.zones[1].index, index);
    holding_drop(&holding);
    held_finish(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(catalogs_come_first_and_each_zone_is_asked_for_once, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(what_fails_is_told_after_all_were_asked_for, enter, leave),
        cmocka_unit_test_setup_teardown(an_index_has_one_owner_at_each_end, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
