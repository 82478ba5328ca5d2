/* base/proc: leaving root for good, telling the service manager, raising the limit of open files. */
#include "base/proc.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

/* Run in a child, whose user may change; what it returns, 0..255. */
static int in_child(int (*act)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(act());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int drop_to_nobody(void)
{
    const struct passwd *entry = getpwnam("nobody");
    uid_t uid = entry ? entry->pw_uid : 0;
    if (proc_drop("nobody")) {
        return 1;
    }
    if (getuid() != uid || geteuid() != uid || setuid(0) == 0 || seteuid(0) == 0 ||
        setgid(0) == 0) {
        return 2;
    }
    gid_t groups[64];
    int count = getgroups(64, groups);
    for (int i = 0; i < count; i++) {
        if (groups[i] == 0) {
            return 3;
        }
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return 4;
    }
    /* Once dropped: the same user again is fine, another is not, and no name keeps it. */
    return proc_drop("nobody") || proc_drop(NULL) || proc_drop("daemon") != ERR_DENIED ? 5 : 0;
}

static int stay_root(void)
{
    return proc_drop(NULL) == ERR_DENIED && proc_drop("") == ERR_DENIED ? 0 : 1;
}

static void root_leaves_for_good(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("not root: skipped\n");
        skip();
    }
    assert_int_equal(in_child(drop_to_nobody), 0);
    assert_int_equal(in_child(stay_root), 0);
}

static int drop_to_root(void)
{
    return proc_drop("root") == ERR_DENIED ? 0 : 1;
}

static int drop_to_a_stranger(void)
{
    return proc_drop("no-such-user-here") == ERR_MISSING ? 0 : 1;
}

static void root_and_strangers_are_refused_as_users(void **state)
{
    (void)state;
    assert_int_equal(in_child(drop_to_root), 0);
    assert_int_equal(in_child(drop_to_a_stranger), 0);
}

/* A datagram socket bound to a name as $NOTIFY_SOCKET spells it. */
static int listen_on(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    assert_true(len < sizeof address.sun_path);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = 0;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    return fd;
}

static void the_service_manager_hears_each_state(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_proc.XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (int abstract = 0; abstract < 2; abstract++) {
        char name[100];
        char got[100];
        (void)snprintf(name, sizeof name, "%s%s/notify", abstract ? "@" : "", folder);
        int fd = listen_on(name);
        setenv("NOTIFY_SOCKET", name, 1);
        assert_int_equal(proc_notify("READY=1\nSTATUS=here"), 0);
        assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 19);
        assert_memory_equal(got, "READY=1\nSTATUS=here", 19);
        close(fd);
        unlink(name);
    }
    rmdir(folder);
    unsetenv("NOTIFY_SOCKET");
}

static void a_socket_that_is_none_is_an_error_and_no_socket_is_fine(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = 0;
    const struct {
        const char *name;
        int err;
    } rows[] = {
        {"", 0},
        {"relative", ERR_VALUE},
        {longest, ERR_VALUE},
        {"/nowhere/notify", -ENOENT},
        {"@nobody-listens-here", -ECONNREFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].name);
        setenv("NOTIFY_SOCKET", rows[i].name, 1);
        assert_int_equal(proc_notify("READY=1"), rows[i].err);
    }
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(proc_notify("READY=1"), 0);
}

static int raise_files(void)
{
    const struct rlimit limit = {20, 30};
    uint64_t now = 0;
    if (setrlimit(RLIMIT_NOFILE, &limit)) {
        return 1;
    }
    if (proc_fd_limit(25, &now) || now != 25) {
        return 2;
    }
    if (proc_fd_limit(10, &now) || now != 25) {
        return 3;
    }
    if (proc_fd_limit(1000, &now) || now != 30) {
        return 4;
    }
    struct rlimit after;
    return getrlimit(RLIMIT_NOFILE, &after) || after.rlim_cur != 30 ? 5 : 0;
}

static void the_limit_of_files_rises_up_to_the_hard_one_and_never_falls(void **state)
{
    (void)state;
    assert_int_equal(in_child(raise_files), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_leaves_for_good),
        cmocka_unit_test(root_and_strangers_are_refused_as_users),
        cmocka_unit_test(the_service_manager_hears_each_state),
        cmocka_unit_test(a_socket_that_is_none_is_an_error_and_no_socket_is_fine),
        cmocka_unit_test(the_limit_of_files_rises_up_to_the_hard_one_and_never_falls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
