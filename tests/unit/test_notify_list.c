#include "server/notify_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/zones.h"

static struct notify_list *make(const char *zones)
{
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    char *text = mem_print("store: {path: s}\nserver: {notify_delay: 7}\n"
                           "keys: [{name: k1, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\nzones:\n%s",
                           zones);
    if (server_conf_parse("t", text, strlen(text), &conf, &at)) {
        fail_msg("%s", at.text);
    }
    struct notify_list *list = notify_list_create(conf);
    server_conf_free(conf);
    mem_free(text);
    return list;
}

static void every_secondary_of_every_zone_is_in_it(void **state)
{
    (void)state;
    struct notify_list *list = make("- {name: a, notify: ['192.0.2.1:53', '192.0.2.2:53']}\n"
                                    "- {name: b}\n"
                                    "- {name: c, notify: ['192.0.2.1:53'], notify_key: k1}\n");
    static const char *const zones[] = {"a.", "a.", "c."};
    assert_int_equal(list->delay_ms, 7);
    assert_int_equal(list->count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(dns_name_equal(list->items[i].zone, zones_name(zones[i])));
        assert_int_equal(list->items[i].address.address[3], i == 1 ? 2 : 1);
        assert_int_equal(list->items[i].is_signed, i == 2);
        assert_false(list->items[i].is_told);
    }
    assert_true(dns_name_equal(list->items[2].key, zones_name("k1.")));
    mem_free(list);
}

/* By zone and address: the first list has serials 1, 2, 3 and so on. */
static void who_is_in_both_goes_on(void **state)
{
    (void)state;
    struct notify_list *old = make("- {name: a, notify: ['192.0.2.1:53', '192.0.2.2:53']}\n"
                                   "- {name: c, notify: ['192.0.2.1:53']}\n");
    struct notify_list *new = make("- {name: a, notify: ['192.0.2.2:53', '192.0.2.3:53']}\n"
                                   "- {name: b, notify: ['192.0.2.1:53']}\n"
                                   "- {name: c, notify: ['192.0.2.1:53', '192.0.2.1:54']}\n");
    static const uint32_t serials[] = {2, 0, 0, 3, 0};
    for (uint32_t i = 0; i < old->count; i++) {
        old->items[i].serial = i + 1;
        old->items[i].is_told = true;
    }
    notify_list_carry_over(old, new);
    assert_int_equal(new->count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(new->items[i].serial, serials[i]);
        assert_int_equal(new->items[i].is_told, serials[i] > 0);
    }
    mem_free(old);
    mem_free(new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_secondary_of_every_zone_is_in_it),
        cmocka_unit_test(who_is_in_both_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
