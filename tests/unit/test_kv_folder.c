#include "base/kv_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/disk.h"
#include "tests/lib/scratch.h"

static char *top, *path, *file;

static int enter(void **state)
{
    (void)state;
    top = scratch_make();
    path = scratch_path(top, "store");
    file = scratch_path(path, "data");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    scratch_remove(top);
    mem_free(path);
    mem_free(file);
    return 0;
}

static int open_folder(void)
{
    int folder = -1;
    assert_int_equal(kv_folder_open(path, true, &folder), 0);
    return folder;
}

static void a_folder_is_made_only_where_it_may_be(void **state)
{
    (void)state;
    int folder = -1;
    struct stat seen;
    assert_int_equal(kv_folder_open(path, false, &folder), -ENOENT);
    assert_int_equal(folder, -1);
    close(open_folder());
    assert_int_equal(stat(path, &seen), 0);
    assert_int_equal(seen.st_mode & 0777, 0700);
    assert_int_equal(kv_folder_open(path, false, &folder), 0);
    close(folder);
}

static void one_holds_it_until_its_descriptor_goes(void **state)
{
    (void)state;
    int folder = open_folder(), first = -1, second = -1;
    assert_int_equal(kv_folder_lock(folder, &first), 0);
    assert_int_equal(kv_folder_lock(folder, &second), ERR_NOT_NOW);
    close(first);
    assert_int_equal(kv_folder_lock(folder, &second), 0);
    close(second);
    close(folder);
}

static void settling_changes_nothing_and_needs_the_whole_head(void **state)
{
    (void)state;
    int folder = open_folder();
    assert_int_equal(kv_folder_settle(folder, "data", 4), -ENOENT);
    scratch_write(file, "abc");
    assert_int_equal(kv_folder_settle(folder, "data", 4), ERR_STORE_CORRUPT);
    scratch_write(file, "abcdefgh");
    assert_int_equal(kv_folder_settle(folder, "data", 4), 0);
    char *text = scratch_read(file);
    assert_string_equal(text, "abcdefgh");
    mem_free(text);
    disk_break(0);
    int err = kv_folder_settle(folder, "data", 4);
    disk_break(2);
    int cut = kv_folder_settle(folder, "data", 4);
    disk_mend();
    assert_int_equal(err, -EFBIG);
    assert_int_equal(cut, -EIO);
    close(folder);
}

static void room_ends_at_the_file_system_or_the_limit(void **state)
{
    (void)state;
    int folder = open_folder();
    uint64_t size = 0, wide = 0, narrow = 0;
    assert_int_equal(kv_folder_room(folder, "data", &size, &wide), -ENOENT);
    scratch_write(file, "abcdefgh");
    assert_int_equal(kv_folder_room(folder, "data", &size, &wide), 0);
    assert_int_equal(size, 8);
    assert_true(wide > 1000);
    disk_break(100);
    int err = kv_folder_room(folder, "data", &size, &narrow);
    disk_break(4);
    uint64_t none = 1;
    int over = kv_folder_room(folder, "data", &size, &none);
    disk_mend();
    assert_int_equal(err, 0);
    assert_int_equal(narrow, 92);
    assert_int_equal(over, 0);
    assert_int_equal(none, 0);
    close(folder);
}

static int fill(void *context, int to)
{
    const char *text = context;
    return write(to, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -EIO;
}

static void a_file_is_filled_whole_or_not_made(void **state)
{
    (void)state;
    assert_int_equal(kv_folder_fill(path, "data", fill, "all of it"), 0);
    assert_int_equal(kv_folder_fill(path, "data", fill, "another"), -EEXIST);
    char *text = scratch_read(file);
    assert_string_equal(text, "all of it");
    mem_free(text);
    assert_int_equal(unlink(file), 0);
    disk_break(3);
    int err = kv_folder_fill(path, "data", fill, "all of it");
    disk_mend();
    assert_int_equal(err, -EIO);
    assert_int_equal(access(file, F_OK), -1);
    assert_int_equal(kv_folder_fill(path, "data", fill, "again"), 0); /* nothing is in the way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_made_only_where_it_may_be, enter, leave),
        cmocka_unit_test_setup_teardown(one_holds_it_until_its_descriptor_goes, enter, leave),
        cmocka_unit_test_setup_teardown(settling_changes_nothing_and_needs_the_whole_head, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(room_ends_at_the_file_system_or_the_limit, enter, leave),
        cmocka_unit_test_setup_teardown(a_file_is_filled_whole_or_not_made, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
