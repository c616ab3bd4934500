"""Writes numpy/*.npy and *.npz with NumPy: /usr/bin/python3 arrays.py (NumPy 1.24)."""
import os

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))

folder = os.path.join(here, 'numpy')
types = ['?', 'u1', 'i1', '<i2', '<i4', '<i8', '<f2', '<f4', '<f8', '<u2', '<u4', '<u8']
arrays = {np.dtype(t).name: np.array([[0, 1, 2], [3, 100, 120]]).astype(t) for t in types}
arrays |= {'big_' + np.dtype(t).name: np.array([[0, 1, 2], [3, 100, 120]]).astype(t.replace('<', '>')) for t in types if t[0] == '<'}
arrays['uint16_top'] = np.array([65535], '<u2')
arrays['uint64_top'] = np.array([2 ** 64 - 1], '<u8')
arrays['columns'] = np.asfortranarray(np.arange(24, dtype='<f4').reshape(2, 3, 4))
arrays['scalar'] = np.array(7.5, '<f8')
arrays['empty'] = np.zeros((0, 3), '<f4')
arrays['nested/name with spaces'] = np.array([1, 2], '<i4')
arrays['texts'] = np.array(['a', 'bcd'])
arrays['complex'] = np.array([1 + 2j])
arrays['times'] = np.array(['2020-01-01'], 'M8[ns]')
arrays['records'] = np.array([(1, 2.0)], dtype=[('a', '<i4'), ('b', '<f4')])
np.savez(os.path.join(folder, 'stored.npz'), **arrays, objects=np.array([{}, None], dtype=object))
np.savez_compressed(os.path.join(folder, 'packed.npz'), **arrays)
np.savez(os.path.join(folder, 'only-objects.npz'), a=np.array([{}, None], dtype=object))
np.save(os.path.join(folder, 'objects.npy'), np.array([{}, None], dtype=object))
np.save(os.path.join(folder, 'columns.npy'), arrays['columns'])
np.save(os.path.join(folder, 'matrix.npy'), np.arange(6, dtype='<f4').reshape(2, 3))
np.save(os.path.join(folder, 'vector.npy'), np.arange(3, dtype='<i8'))
np.save(os.path.join(folder, 'scalar.npy'), np.array(2, '<f4'))
