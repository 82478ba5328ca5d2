/* RCU: how immutable versions cross from the one writer to many readers (liburcu, QSBR
 * flavour; its only home).
 *
 * A reader thread registers, is offline around every wait, and keeps no pointer across
 * rcu_quiescent(). The writer publishes with rcu_publish and frees old data with rcu_defer. Link
 * with liburcu-qsbr.
 * Prefix: rcu_ */
#pragma once

#define _LGPL_SOURCE
#define URCU_INLINE_SMALL_FUNCTIONS
#include <urcu/urcu-qsbr.h>
#undef rcu_dereference

/* Embedded in what is freed after a grace period. */
struct rcu_later {
    struct rcu_head head;
    void (*free_fn)(struct rcu_later *later);
};

/* ThreadSanitizer does not see liburcu's barriers. Under it, a thread that ends its reading (or
 * defers a call) and the reclaim thread are told to meet at the address of the grace period. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_SHOWN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define RCU_SHOWN 1
#endif
#ifdef RCU_SHOWN
#include <sanitizer/tsan_interface.h>
#define rcu_seen() (__tsan_acquire(&urcu_qsbr_gp), __tsan_release(&urcu_qsbr_gp))
#else
#define rcu_seen() ((void)0)
#endif

#define rcu_read(pointer)           __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)
#define rcu_publish(pointer, value) __atomic_store_n(&(pointer), (value), __ATOMIC_RELEASE)
#define rcu_enter()                 urcu_qsbr_register_thread()
#define rcu_leave()                 (rcu_seen(), urcu_qsbr_unregister_thread())
#define rcu_offline()               (rcu_seen(), urcu_qsbr_thread_offline())
#define rcu_online()                urcu_qsbr_thread_online()
#define rcu_quiescent()             (rcu_seen(), urcu_qsbr_quiescent_state())

/* Call free_fn(later) on the reclaim thread after all present readers passed a quiescent state.
 * Shape: later is embedded in the object. Units: none. Errors: none. Source: liburcu call_rcu. */
void rcu_defer(struct rcu_later *later, void (*free_fn)(struct rcu_later *later));

/* Wait until all present readers passed a quiescent state. The caller must be offline or not
 * registered.
 * Shape: none. Units: none. Errors: none. Source: none. */
void rcu_wait(void);

/* Wait for all deferred calls, before the process ends. Same rule. Shape: none. Units: none.
 * Errors: none. Source: none. */
void rcu_drain(void);
