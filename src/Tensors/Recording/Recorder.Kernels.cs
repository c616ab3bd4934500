namespace Graft.Tensors;

// Each family once: what it is given, how the call is made again, and what it reads (Read, Spare) and writes (Result, Aside).
// Spare is what Device's contract lets the result be written over.
public sealed partial class Recorder
{
    public override void Copy<T>(Tensor<T> source, Tensor<T> destination) => Record(
        default(int), static (device, _, at) => device.Copy(at.Of<T>(0), at.Of<T>(1)), new(source, Access.Read), new(destination, Access.Result));

    public override void Fill(Tensor<float> destination, float value) =>
        Record(value, static (device, value, at) => device.Fill(at[0], value), new Operand(destination, Access.Result));

    public override void Map<TOp>(TOp op, Tensor<float> x, Tensor<float> y) =>
        Record(op, static (device, op, at) => device.Map(op, at[0], at[1]), new(x, Access.Spare), new(y, Access.Result));

    public override void Zip<TOp>(TOp op, Tensor<float> a, Tensor<float> b, Tensor<float> y) => Record(
        op, static (device, op, at) => device.Zip(op, at[0], at[1], at[2]), new(a, Access.Spare), new(b, Access.Spare), new(y, Access.Result));

    public override void Reduce<TReduction>(Tensor<float> x, Tensor<float> y, float scale = 1f) => Record(
        scale, static (device, scale, at) => device.Reduce<TReduction>(at[0], at[1], scale), new(x, Access.Read), new(y, Access.Result));

    public override void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, Tensor<float> b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c,
        Tensor<float>? scale = null) => Record(
        epilogue, static (device, epilogue, at) => device.Gemm(epilogue, at[0], at[1], at.OrNull(2), at.OrNull(3), at[4], at.OrNull(5)),
        new(a, Access.Read), new(b, Access.Read), new(bias, Access.Read), new(residual, Access.Spare), new(c, Access.Result),
        new(scale, Access.Read));

    public override void Conv2d<TEpilogue>(
        TEpilogue epilogue, Conv2dGeometry geometry, Tensor<float> x, Tensor<float> weight,
        Tensor<float>? bias, Tensor<float>? residual, Tensor<float> y, Tensor<float>? scale = null) => Record(
        (Epilogue: epilogue, Geometry: geometry),
        static (device, given, at) => device.Conv2d(given.Epilogue, given.Geometry, at[0], at[1], at.OrNull(2), at.OrNull(3), at[4], at.OrNull(5)),
        new(x, Access.Read), new(weight, Access.Read), new(bias, Access.Read), new(residual, Access.Spare), new(y, Access.Result),
        new(scale, Access.Read));

    public override void MaxPool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y, Tensor<int>? indices) => Record(
        geometry, static (device, geometry, at) => device.MaxPool2d(geometry, at[0], at[1], at.OrNull<int>(2)),
        new(x, Access.Read), new(y, Access.Result), new(indices, Access.Aside));

    public override void AveragePool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y) => Record(
        geometry, static (device, geometry, at) => device.AveragePool2d(geometry, at[0], at[1]), new(x, Access.Read), new(y, Access.Result));

    public override void ChannelStatistics(Tensor<float> x, Tensor<float> mean, Tensor<float> variance) => Record(
        default(int), static (device, _, at) => device.ChannelStatistics(at[0], at[1], at[2]),
        new(x, Access.Read), new(mean, Access.Aside), new(variance, Access.Aside));

    public override void BatchNorm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight, Tensor<float> bias,
        Tensor<float>? residual, Tensor<float> y) => Record(
        epilogue, static (device, epilogue, at) => device.BatchNorm(epilogue, at[0], at[1], at[2], at[3], at[4], at.OrNull(5), at[6]),
        new(x, Access.Spare), new(mean, Access.Read), new(inverseDeviation, Access.Read), new(weight, Access.Read), new(bias, Access.Read),
        new(residual, Access.Spare), new(y, Access.Result));

    public override void LayerNorm(
        Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float epsilon,
        Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> y) => Record(
        epsilon, static (device, epsilon, at) => device.LayerNorm(at[0], at[1], at[2], epsilon, at[3], at[4], at[5]),
        new(x, Access.Spare), new(weight, Access.Read), new(bias, Access.Read), new(mean, Access.Aside), new(inverseDeviation, Access.Aside),
        new(y, Access.Result));

    public override void Dropout(DropoutMask mask, Tensor<float> x, Tensor<float> y) =>
        Record(mask, static (device, mask, at) => device.Dropout(mask, at[0], at[1]), new(x, Access.Spare), new(y, Access.Result));

    public override void Softmax(Tensor<float> x, Tensor<float> y, bool log) =>
        Record(log, static (device, log, at) => device.Softmax(at[0], at[1], log), new(x, Access.Spare), new(y, Access.Result));

    public override void CrossEntropy(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> losses, Tensor<float> normalisers) => Record(
        smoothing, static (device, smoothing, at) => device.CrossEntropy(at[0], at.Of<int>(1), smoothing, at[2], at[3]),
        new(logits, Access.Read), new(labels, Access.Read), new(losses, Access.Result), new(normalisers, Access.Aside));

    public override void Attention(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias, Tensor<float> y, Tensor<float>? logSumExp) => Record(
        settings,
        static (device, settings, at) => device.Attention(
            settings, at[0], at[1], at[2], at.OrNull<int>(3), at.OrNull(4), at.OrNull(5), at[6], at.OrNull(7)),
        new(q, Access.Read), new(k, Access.Read), new(v, Access.Read), new(lengths, Access.Read), new(keyBias, Access.Read),
        new(bias, Access.Read), new(y, Access.Result), new(logSumExp, Access.Aside));

    public override void IndexCopy(Tensor<float> source, Tensor<int> positions, Tensor<float> destination) => Record(
        default(int), static (device, _, at) => device.IndexCopy(at[0], at.Of<int>(1), at[2]),
        new(source, Access.Read), new(positions, Access.Read), new(destination, Access.Aside));

    public override void Rotate(
        RotarySettings settings, Tensor<float> x, Tensor<float> cosines, Tensor<float> sines, Tensor<int>? positions, Tensor<float> y) => Record(
        settings, static (device, how, at) => device.Rotate(how, at[0], at[1], at[2], at.OrNull<int>(3), at[4]),
        new(x, Access.Read), new(cosines, Access.Read), new(sines, Access.Read), new(positions, Access.Read), new(y, Access.Result));

    public override void PackWeights(Tensor<float> weights, WeightMatrix matrix) => Refuse(nameof(PackWeights));

    public override void UnpackWeights(WeightMatrix matrix, Tensor<float> weights) => Record(
        matrix, static (device, matrix, at) => device.UnpackWeights(matrix, at[2]),
        new(matrix.Numbers, Access.Read), new(matrix.Scales, Access.Read), new(weights, Access.Result));

    public override void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c) => Record(
        (Epilogue: epilogue, Matrix: b), static (device, given, at) => device.Gemm(given.Epilogue, at[0], given.Matrix, at.OrNull(3), at.OrNull(4), at[5]),
        new(a, Access.Read), new(b.Numbers, Access.Read), new(b.Scales, Access.Read), new(bias, Access.Read), new(residual, Access.Spare), new(c, Access.Result));

    public override void Gather(WeightMatrix table, Tensor<int> indices, Tensor<float> y) => Record(
        table, static (device, table, at) => device.Gather(table, at.Of<int>(2), at[3]),
        new(table.Numbers, Access.Read), new(table.Scales, Access.Read), new(indices, Access.Read), new(y, Access.Result));

    public override void Gather(Tensor<float> table, Tensor<int> indices, Tensor<float> y) => Record(
        default(int), static (device, _, at) => device.Gather(at[0], at.Of<int>(1), at[2]),
        new(table, Access.Read), new(indices, Access.Read), new(y, Access.Result));

    public override void MapBackward<TOp>(TOp op, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx) => Refuse(nameof(MapBackward));

    public override void ZipBackward<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db) => Refuse(nameof(ZipBackward));

    public override void Conv2dBackwardInput(Conv2dGeometry geometry, Tensor<float> dy, Tensor<float> weight, Tensor<float> dx) =>
        Refuse(nameof(Conv2dBackwardInput));

    public override void Conv2dBackwardWeight(Conv2dGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dweight) =>
        Refuse(nameof(Conv2dBackwardWeight));

    public override void MaxPool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<int> indices, Tensor<float> dx) =>
        Refuse(nameof(MaxPool2dBackward));

    public override void AveragePool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<float> dx) => Refuse(nameof(AveragePool2dBackward));

    public override void BatchNormBackwardParameters<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation,
        Tensor<float> dweight, Tensor<float> dbias) => Refuse(nameof(BatchNormBackwardParameters));

    public override void BatchNormBackwardInput<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dweight, Tensor<float>? dbias, Tensor<float> dx, Tensor<float>? dresidual) => Refuse(nameof(BatchNormBackwardInput));

    public override void LayerNormBackward(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dx, Tensor<float>? dweight, Tensor<float>? dbias) => Refuse(nameof(LayerNormBackward));

    public override void SoftmaxBackward(Tensor<float> dy, Tensor<float> y, Tensor<float> dx, bool log) => Refuse(nameof(SoftmaxBackward));

    public override void CrossEntropyBackward(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> normalisers, Tensor<float> dlosses, Tensor<float> dlogits) =>
        Refuse(nameof(CrossEntropyBackward));

    public override void AttentionBackward(
        AttentionSettings settings, Tensor<float> dy, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths,
        Tensor<float>? keyBias, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp,
        Tensor<float> dq, Tensor<float> dk, Tensor<float> dv, Tensor<float>? dbias) =>
        Refuse(nameof(AttentionBackward));

    public override void GatherBackward(Tensor<float> dy, Tensor<int> indices, Tensor<float> dtable) => Refuse(nameof(GatherBackward));

    public override void Update<TRule>(TRule rule, Tensor<float> weight, Tensor<float> gradient, Tensor<float>? first, Tensor<float>? second) =>
        Refuse(nameof(Update));
}
