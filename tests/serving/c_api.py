"""Runs a SavedModel in TensorFlow's C++ loader through the C API, without Python's TensorFlow.

usage: python c_api.py LIBRARY_DIR EXPORT_DIR REQUEST.npz ANSWER.npz [REQUEST.npz ANSWER.npz ...]

A request holds arrays by the name of the graph's tensor, and `fetches`, the tensors wanted. An
answer holds them, or `error`. TensorFlow Serving runs the same code.
"""

import ctypes
import pathlib
import sys

import numpy as np

DTYPES = {1: np.float32, 3: np.int32, 10: np.bool_}
CODES = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
STRING, STRING_SIZE = 7, 24  # the type's code, and bytes that a string's header takes
# ConfigProto: graph_options.optimizer_options.global_jit_level = OFF (-1); Serving runs no XLA.
NO_XLA = bytes([0x52, 0x0D, 0x1A, 0x0B, 0x28]) + b"\xff" * 9 + b"\x01"


class Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


class Library:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        ctypes.CDLL(str(next(folder.glob("libtensorflow_framework.*"))), ctypes.RTLD_GLOBAL)
        self.library = ctypes.CDLL(str(next(folder.glob("libtensorflow_cc.*"))))
        self.status = self.call("TF_NewStatus", ctypes.c_void_p)

    def call(self, name, result, *arguments):
        function = getattr(self.library, name)
        function.restype = result
        return function(*arguments)

    def check(self):
        if self.call("TF_GetCode", ctypes.c_int, self.status):
            raise RuntimeError(self.call("TF_Message", ctypes.c_char_p, self.status).decode())

    def load(self, path):
        options = self.call("TF_NewSessionOptions", ctypes.c_void_p)
        options = ctypes.c_void_p(options)
        size = ctypes.c_size_t(len(NO_XLA))
        self.status = ctypes.c_void_p(self.status)
        self.call("TF_SetConfig", None, options, NO_XLA, size, self.status)
        self.check()
        self.graph = ctypes.c_void_p(self.call("TF_NewGraph", ctypes.c_void_p))
        tags = (ctypes.c_char_p * 1)(b"serve")
        self.session = ctypes.c_void_p(
            self.call(
                "TF_LoadSessionFromSavedModel",
                ctypes.c_void_p,
                options,
                None,
                str(path).encode(),
                tags,
                1,
                self.graph,
                None,
                self.status,
            )
        )
        self.check()

    def output(self, name):
        node, _, index = name.partition(":")
        operation = self.call("TF_GraphOperationByName", ctypes.c_void_p, self.graph, node.encode())
        return Output(operation, int(index or 0))

    def strings(self, array):
        """A tensor of strings from an array of type S."""
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        size = ctypes.c_size_t(STRING_SIZE * array.size)
        tensor = self.call("TF_AllocateTensor", ctypes.c_void_p, STRING, shape, array.ndim, size)
        tensor = ctypes.c_void_p(tensor)
        place = self.call("TF_TensorData", ctypes.c_void_p, tensor)
        for number, value in enumerate(array.ravel().tolist()):
            at = ctypes.c_void_p(place + STRING_SIZE * number)
            self.call("TF_StringInit", None, at)
            self.call("TF_StringCopy", None, at, value, ctypes.c_size_t(len(value)))
        return tensor

    def tensor(self, array):
        if array.dtype.kind == "S":
            return self.strings(array)
        array = np.ascontiguousarray(array)
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        size = ctypes.c_size_t(array.nbytes)
        tensor = self.call(
            "TF_AllocateTensor", ctypes.c_void_p, CODES[array.dtype], shape, array.ndim, size
        )
        tensor = ctypes.c_void_p(tensor)
        ctypes.memmove(self.call("TF_TensorData", ctypes.c_void_p, tensor), array.tobytes(), size)
        return tensor

    def array(self, tensor):
        tensor = ctypes.c_void_p(tensor)
        code = self.call("TF_TensorType", ctypes.c_int, tensor)
        rank = self.call("TF_NumDims", ctypes.c_int, tensor)
        shape = [self.call("TF_Dim", ctypes.c_int64, tensor, axis) for axis in range(rank)]
        size = self.call("TF_TensorByteSize", ctypes.c_size_t, tensor)
        data = self.call("TF_TensorData", ctypes.c_void_p, tensor)
        if code == STRING:
            places = range(data, data + size, STRING_SIZE)
            return np.array(list(map(self.string, places)), "S").reshape(shape)
        return np.frombuffer(ctypes.string_at(data, size), DTYPES[code]).reshape(shape)

    def string(self, place):
        place = ctypes.c_void_p(place)
        size = self.call("TF_StringGetSize", ctypes.c_size_t, place)
        return ctypes.string_at(self.call("TF_StringGetDataPointer", ctypes.c_void_p, place), size)

    def run(self, feeds, fetches):
        inputs = (Output * len(feeds))(*map(self.output, feeds))
        tensors = [self.tensor(array) for array in feeds.values()]
        values = (ctypes.c_void_p * len(feeds))(*[tensor.value for tensor in tensors])
        outputs = (Output * len(fetches))(*map(self.output, fetches))
        results = (ctypes.c_void_p * len(fetches))()
        self.call(
            "TF_SessionRun",
            None,
            self.session,
            None,
            inputs,
            values,
            len(feeds),
            outputs,
            results,
            len(fetches),
            None,
            0,
            None,
            self.status,
        )
        self.check()
        return [self.array(result) for result in results]


def main(folder, path, *files):
    library = Library(folder)
    library.load(path)
    for request, answer in zip(files[::2], files[1::2], strict=True):
        with np.load(request) as arrays:
            feeds = {name: arrays[name] for name in arrays.files if name != "fetches"}
            fetches = arrays["fetches"].tolist()
        try:
            values = dict(zip(fetches, library.run(feeds, fetches), strict=True))
        except RuntimeError as error:
            values = {"error": np.array(str(error))}
        np.savez(answer, **values)


if __name__ == "__main__":
    main(*sys.argv[1:])
