"""Writes the small HDF5 and Keras files beside it with h5py 3.7, in the layouts of Keras 2 and 3: /usr/bin/python3 keras.py"""
import io
import json
import os
import zipfile

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def numbers(shape, start):
    return (np.arange(np.prod(shape), dtype='f4') + start).reshape(shape)


LAYERS = [
    ('input_1', []),
    ('conv2d', [('kernel', (3, 2, 4, 5)), ('bias', (5,))]),
    ('conv2d_1', [('kernel', (1, 1, 5, 2))]),
    ('batch_normalization', [('gamma', (5,)), ('beta', (5,)), ('moving_mean', (5,)), ('moving_variance', (5,))]),
    ('depthwise_conv2d', [('depthwise_kernel', (3, 2, 4, 2)), ('bias', (8,))]),
    ('separable_conv2d', [('depthwise_kernel', (3, 3, 2, 2)), ('pointwise_kernel', (1, 1, 4, 3)), ('bias', (3,))]),
    ('embedding', [('embeddings', (7, 3))]),
    ('lstm', [('kernel', (3, 8)), ('recurrent_kernel', (2, 8)), ('bias', (8,))]),
    ('dense', [('kernel', (4, 3)), ('bias', (3,))]),
]


def write_keras2(group):
    group.attrs['layer_names'] = [name.encode() for name, _ in LAYERS]
    group.attrs['backend'] = 'tensorflow'
    group.attrs['keras_version'] = '2.4.0'
    start = 0
    for layer, variables in LAYERS:
        below = group.create_group(layer)
        below.attrs['weight_names'] = [f'{layer}/{name}:0'.encode() for name, _ in variables]
        for name, shape in variables:
            below[f'{layer}/{name}:0'] = numbers(shape, start)
            start += 1000


with h5py.File(os.path.join(here, 'keras2.h5'), 'w') as f:
    f.attrs['keras_version'] = '2.4.0'
    f.attrs['backend'] = 'tensorflow'
    f.attrs['model_config'] = json.dumps({'class_name': 'Functional'})
    write_keras2(f.create_group('model_weights'))
    f['optimizer_weights/Adam/iterations:0'] = np.array(3)

with h5py.File(os.path.join(here, 'keras2.weights.h5'), 'w') as f:
    write_keras2(f)


def write_keras3(f):
    start = 0
    for layer, variables in LAYERS:
        below = f.create_group(f'layers/{layer}/vars', track_order=True)
        for at, (name, shape) in enumerate(variables):
            below[str(at)] = numbers(shape, start)
            start += 1000
    state = f.create_group('optimizer/vars', track_order=True)
    for at in range(30):
        state[str(at)] = numbers((2,), at)


with h5py.File(os.path.join(here, 'keras3.weights.h5'), 'w') as f:
    write_keras3(f)

held = io.BytesIO()
with h5py.File(held, 'w') as f:
    write_keras3(f)
for name, packing in [('keras3.keras', zipfile.ZIP_STORED), ('keras3-packed.keras', zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(os.path.join(here, name), 'w', packing) as z:
        z.writestr(zipfile.ZipInfo('metadata.json'), json.dumps({'keras_version': '3.3.3', 'date_saved': '2024-05-01'}))
        z.writestr(zipfile.ZipInfo('config.json'), json.dumps({'module': 'keras.src.models.functional', 'class_name': 'Functional', 'config': {}}))
        z.writestr(zipfile.ZipInfo('model.weights.h5'), held.getvalue(), packing)


def write_layouts(f, many):
    f['f4'] = numbers((2, 3), 0)
    f['f8_big'] = numbers((2, 3), 0).astype('>f8')
    f['f2'] = numbers((2, 3), 0).astype('f2')
    for t in ['i1', 'i2', '>i4', 'i8', 'u1', 'u2', '>u4', 'u8']:
        f['t' + t.replace('>', 'big')] = numbers((2, 3), 0).astype(t)
    f['bool'] = np.array([True, False, True])
    f['scalar'] = np.float32(7.5)
    f['empty'] = np.zeros((0, 3), 'f4')
    f.create_dataset('packed', data=numbers((7, 5), 0), chunks=(3, 2), compression='gzip', shuffle=True)
    f.create_dataset('chunks', data=numbers((5, 4), 0), chunks=(2, 4), fletcher32=True)
    f.create_dataset('one_chunk', data=numbers((2, 3), 0), chunks=(2, 3), compression='gzip')
    f.create_dataset('never_written', (4,), 'f4')
    f['text'] = 'some text'
    f['complex'] = np.array([1 + 2j])
    f['soft'] = h5py.SoftLink('/soft')
    f['external'] = h5py.ExternalLink('other.h5', '/x')
    f.create_dataset('elsewhere', shape=(4,), dtype='f4', external=[('other.bin', 0, 16)])
    space = h5py.h5s.create_simple((3,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(f.id, b'compact', h5py.h5t.IEEE_F32LE, space, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, numbers((3,), 0))
    below = f.create_group('many', track_order=True)
    for at in range(many):
        below[f'name {at}'] = numbers((1,), at)


with h5py.File(os.path.join(here, 'layouts.h5'), 'w') as f:
    write_layouts(f, 70)
with h5py.File(os.path.join(here, 'layouts-latest.h5'), 'w', libver='latest') as f:
    write_layouts(f, 12)
with h5py.File(os.path.join(here, 'user-block.h5'), 'w', userblock_size=512) as f:
    f['a'] = numbers((2, 2), 0)
