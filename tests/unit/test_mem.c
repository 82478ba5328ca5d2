#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/lib/heap.h"

static void allocated_memory_is_zeroed_and_never_null(void **state)
{
    (void)state;
    unsigned char *p = mem_alloc(1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }
    mem_free(p);
    void *empty = mem_alloc(0);
    assert_non_null(empty);
    mem_free(empty);
}

static void growing_keeps_the_content(void **state)
{
    (void)state;
    uint32_t *p = mem_grow(NULL, 3, sizeof *p);
    for (uint32_t i = 0; i < 3; i++) {
        p[i] = i + 7;
    }
    p = mem_grow(p, 3000, sizeof *p);
    p[2999] = 1;
    assert_int_equal(p[0], 7);
    assert_int_equal(p[2], 9);
    p = mem_grow(p, 0, sizeof *p);
    assert_non_null(p);
    mem_free(p);
}

static void copies_are_equal_and_separate(void **state)
{
    (void)state;
    char source[] = "a\0b";
    char *copy = mem_copy(source, sizeof source);
    source[0] = 'x';
    assert_memory_equal(copy, "a\0b", 4);
    mem_free(copy);
    char *nothing = mem_copy(NULL, 0);
    assert_non_null(nothing);
    mem_free(nothing);
    char *text = mem_text("pool");
    assert_string_equal(text, "pool");
    mem_free(text);
}

static void printing_makes_a_text_of_any_length(void **state)
{
    (void)state;
    char *text = mem_print("%s-%05d-%1000d", "a", 42, 7);
    assert_int_equal(strlen(text), 2 + 6 + 1000);
    assert_memory_equal(text, "a-00042-", 8);
    mem_free(text);
    mem_free(NULL);
}

static void a_product_that_overflows_ends_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        mem_free(mem_grow(NULL, SIZE_MAX / 8 + 2, 8));
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Pages of this process that are in memory. */
static long resident(void)
{
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
    fclose(file);
    return pages;
}

static void what_is_trimmed_goes_back_to_the_system(void **state)
{
    (void)state;
    enum { BLOCKS = 20000, BLOCK = 1000, PAGE = 4096 };
    static void *blocks[BLOCKS];
    if (heap_is_of_sanitizer()) {
        skip();
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = mem_alloc(BLOCK);
    }
    void *last = mem_alloc(BLOCK); /* holds the end of the heap */
    for (unsigned i = 0; i < BLOCKS; i++) {
        mem_free(blocks[i]);
    }
    long before = resident();
    mem_trim();
    assert_true(before - resident() > BLOCKS / 2 * BLOCK / PAGE);
    mem_free(last);
}

static void addresses_end_at_the_limit(void **state)
{
    (void)state;
    struct rlimit before, few = {(rlim_t)1 << 30, RLIM_INFINITY};
    assert_true(mem_has_addresses(4096));
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &few), 0);
    bool many = mem_has_addresses((size_t)1 << 31);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_false(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocated_memory_is_zeroed_and_never_null),
        cmocka_unit_test(growing_keeps_the_content),
        cmocka_unit_test(copies_are_equal_and_separate),
        cmocka_unit_test(printing_makes_a_text_of_any_length),
        cmocka_unit_test(a_product_that_overflows_ends_the_process),
        cmocka_unit_test(what_is_trimmed_goes_back_to_the_system),
        cmocka_unit_test(addresses_end_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
