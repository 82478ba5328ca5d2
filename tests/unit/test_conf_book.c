#include "server/conf_book.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sched/choose/book.h"
#include "server/conf.h"
#include "tests/lib/scratch.h"

/* Load a configuration that names a file of policies beside it. */
static int load(const char *policies, struct server_conf **out, struct err_at *at)
{
    char *folder = scratch_make();
    char *path = scratch_path(folder, "policies.yaml");
    char *conf = scratch_path(folder, "suanyud.yaml");
    if (policies) {
        scratch_write(path, policies);
    }
    scratch_write(conf, "store: {path: s}\npolicies: policies.yaml\n");
    int err = server_conf_load(conf, out, at);
    mem_free(path);
    mem_free(conf);
    scratch_remove(folder);
    return err;
}

static void a_book_comes_with_the_configuration(void **state)
{
    (void)state;
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (load("policies: [{name: a, need: hub}]\n", &conf, &at)) {
        fail_msg("%s", at.text);
    }
    assert_non_null(book_find(conf->book, "a", 1));
    server_conf_free(server_conf_ref(conf));
    assert_non_null(book_find(conf->book, "a", 1));
    server_conf_free(conf);
}

static void a_bad_book_is_a_bad_configuration(void **state)
{
    (void)state;
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    assert_int_equal(load("policies:\n- name: a\n  need: accn-8x\n", &conf, &at), ERR_ATTR_VALUE);
    assert_null(conf);
    assert_int_equal(at.line, 2); /* of the configuration */
    assert_int_equal(at.column, 11);
    assert_non_null(strstr(at.text, "policies.yaml:3:9: need: accn-8x: expected a number"));
    assert_int_equal(load(NULL, &conf, &at), -ENOENT);
    assert_non_null(strstr(at.text, "policies.yaml: "));
    assert_null(conf);
}

static void without_a_file_there_is_no_book(void **state)
{
    (void)state;
    static const char text[] = "store: {path: s}\n";
    struct server_conf *conf = NULL;
    assert_int_equal(server_conf_parse("f", text, sizeof text - 1, &conf, NULL), 0);
    assert_null(conf->book);
    server_conf_free(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_comes_with_the_configuration),
        cmocka_unit_test(a_bad_book_is_a_bad_configuration),
        cmocka_unit_test(without_a_file_there_is_no_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
