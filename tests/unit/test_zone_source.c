#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "zones/zone_source.h"

static char folder[] = "/tmp/test_zone_source.XXXXXX";
static char path[200];

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(const char *text)
{
    snprintf(path, sizeof path, "%s/file", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void a_file_is_read_whole(void **state)
{
    (void)state;
    struct zone_source source;
    struct stat st;
    write_file("a zone");
    assert_int_equal(zone_source_open(path, 6, &source), 0);
    assert_int_equal(source.len, 6);
    assert_memory_equal(source.text, "a zone", 6);
    assert_int_equal(stat(path, &st), 0);
    assert_true(source.device == st.st_dev && source.inode == st.st_ino);
    unlink(path); /* the copy is ours */
    assert_memory_equal(source.text, "a zone", 6);
    zone_source_close(&source);
    assert_null(source.text);
    zone_source_close(&source);
}

static void an_empty_file_has_no_text(void **state)
{
    (void)state;
    struct zone_source source;
    write_file("");
    assert_int_equal(zone_source_open(path, 0, &source), 0);
    assert_null(source.text);
    assert_int_equal(source.len, 0);
    zone_source_close(&source);
    unlink(path);
}

static void what_can_not_be_read_is_told(void **state)
{
    (void)state;
    struct zone_source source;
    write_file("a zone");
    assert_int_equal(zone_source_open(path, 5, &source), ERR_LIMIT);
    unlink(path);
    assert_int_equal(zone_source_open(path, 5, &source), -ENOENT);
    assert_int_equal(zone_source_open(folder, 1000000, &source), ERR_VALUE);
    assert_int_equal(zone_source_open("/dev/null", 5, &source), ERR_VALUE);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(zone_source_open(path, 5, &source),
                     ERR_VALUE); /* and does not wait for a writer */
    unlink(path);
    assert_int_equal(symlink(path, path), 0);
    assert_int_equal(zone_source_open(path, 5, &source), -ELOOP);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(an_empty_file_has_no_text),
        cmocka_unit_test(what_can_not_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
