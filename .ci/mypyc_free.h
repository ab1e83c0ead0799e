/* How an object of a compiled class is freed when its freeing is what frees a long chain.

   mypyc (2.4) asks CPython's trashcan, and that is for objects with a header of the cyclic collector only:
   of an acyclic class it writes in front of the object, into memory of somebody else's (Python 3.11 to 3.13),
   or does nothing (3.14). So here is one for both: freed at a depth of 50 in this thread, an object waits in a list
   until the first has been freed. The first word of a dead object, its reference count, is no longer needed: it holds the next one.

   The compiler reads this file before all others: see hatch_build.py. */
#ifndef MICROGRADNN_FREE_H
#define MICROGRADNN_FREE_H
#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>
#include <string.h>

#ifdef _MSC_VER
static __declspec(thread) int free_depth;
static __declspec(thread) PyObject *free_later;
#else
static __thread int free_depth;
static __thread PyObject *free_later;
#endif

static inline int free_begin(PyObject *object)
{
    if (free_depth >= 50) {
        memcpy(object, &free_later, sizeof free_later);
        free_later = object;
        return 0;
    }
    free_depth++;
    return 1;
}

static inline void free_end(void)
{
    static PyObject *const none = NULL;
    if (free_depth == 1) {
        while (free_later) {
            PyObject *object = free_later;
            memcpy(&free_later, object, sizeof free_later);
            memcpy(object, &none, sizeof none);
            Py_TYPE(object)->tp_dealloc(object);
        }
    }
    free_depth--;
}

#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END
/* Not of a subclass: its own dealloc has not ended when that of its base returns, and may not begin again. */
#define Py_TRASHCAN_BEGIN(op, dealloc) do { \
    const int free_mine = Py_TYPE(op)->tp_dealloc == (destructor)(dealloc); \
    if (free_mine && !free_begin((PyObject *)(op))) break;
#define Py_TRASHCAN_END if (free_mine) free_end(); } while (0);
#endif
