#include "base/rcu.h"

#ifdef RCU_SHOWN
/* The barrier's own allocation goes from thread to thread inside liburcu, also unseen; the futex of
 * its inline functions is read and set as volatile, without an atomic access. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:liburcu-qsbr.so\nrace:urcu_qsbr_wake_up_gp\n";
}
#endif

static void run_later(struct rcu_head *head)
{
    rcu_seen();
    struct rcu_later *later = caa_container_of(head, struct rcu_later, head);
    later->free_fn(later);
    rcu_seen();
}

void rcu_defer(struct rcu_later *later, void (*free_fn)(struct rcu_later *later))
{
    later->free_fn = free_fn;
    rcu_seen();
    urcu_qsbr_call_rcu(&later->head, run_later);
}

void rcu_wait(void)
{
    urcu_qsbr_synchronize_rcu();
    rcu_seen();
}

void rcu_drain(void)
{
    urcu_qsbr_barrier();
    rcu_seen();
}
