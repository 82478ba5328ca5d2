#include "tests/lib/heap.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_OF_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_OF_SANITIZER 1
#endif

#ifdef HEAP_OF_SANITIZER
size_t __sanitizer_get_current_allocated_bytes(void); /* gcc has no header for it */
#else
#include <malloc.h>
#endif

size_t heap_used(void)
{
#ifdef HEAP_OF_SANITIZER
    return __sanitizer_get_current_allocated_bytes();
#else
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

bool heap_is_of_sanitizer(void)
{
#ifdef HEAP_OF_SANITIZER
    return true;
#else
    return false;
#endif
}
