#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

/* Run CHECK(value == 4) in a child; returns its wait status and what it wrote to stderr. */
static int check_in_child(int value, char *out_text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        CHECK(value == 4);
        _exit(0);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], out_text, size - 1);
    out_text[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_broken_condition_ends_the_process_and_says_where(void **state)
{
    (void)state;
    char text[500];
    int status = check_in_child(5, text, sizeof text);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "test_check.c:"));
    assert_non_null(strstr(text, ": check failed: value == 4\n"));
}

static void a_kept_condition_is_silent(void **state)
{
    (void)state;
    char text[500];
    int status = check_in_child(4, text, sizeof text);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_condition_ends_the_process_and_says_where),
        cmocka_unit_test(a_kept_condition_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
