#include "tests/lib/disk.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

static void set_limit(rlim_t octets)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = octets < limit.rlim_max ? octets : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

void disk_break(uint64_t octets)
{
    signal(SIGXFSZ, SIG_IGN);
    set_limit(octets);
}

void disk_mend(void)
{
    set_limit(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
}
