using Graft.Tensors;

namespace Graft.Onnx.Export;

// what a model that infers does not do, and what a file cannot hold
internal sealed partial class ExportDevice
{
    public override void ChannelStatistics(Tensor<float> x, Tensor<float> mean, Tensor<float> variance) => RefuseTraining(nameof(ChannelStatistics));

    public override void Dropout(DropoutMask mask, Tensor<float> x, Tensor<float> y) => RefuseTraining(nameof(Dropout));

    public override void CrossEntropy(Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> losses, Tensor<float> normalisers) =>
        RefuseTraining(nameof(CrossEntropy));

    public override void IndexCopy(Tensor<float> source, Tensor<int> positions, Tensor<float> destination) =>
        Refuse(nameof(IndexCopy), "it writes into a key-value cache, and a file has no state: export the model without a cache");

    public override void Rotate(
        RotarySettings settings, Tensor<float> x, Tensor<float> cosines, Tensor<float> sines, Tensor<int>? positions, Tensor<float> y) =>
        Refuse("rotary position embeddings", "no node is built for them");

    public override void PackWeights(Tensor<float> weights, WeightMatrix matrix) => RefuseMatrix(matrix);

    public override void UnpackWeights(WeightMatrix matrix, Tensor<float> weights) => RefuseMatrix(matrix);

    public override void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c) => RefuseMatrix(b);

    public override void Gather(WeightMatrix table, Tensor<int> indices, Tensor<float> y) => RefuseMatrix(table);

    private static void RefuseMatrix(WeightMatrix matrix) =>
        Refuse($"weights kept as {matrix.Precision}", "an exported file holds them as they were published: load the model again in single precision and export that");

    public override void MapBackward<TOp>(TOp op, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx) => RefuseTraining(nameof(MapBackward));

    public override void ZipBackward<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db) => RefuseTraining(nameof(ZipBackward));

    public override void Conv2dBackwardInput(Conv2dGeometry geometry, Tensor<float> dy, Tensor<float> weight, Tensor<float> dx) =>
        RefuseTraining(nameof(Conv2dBackwardInput));

    public override void Conv2dBackwardWeight(Conv2dGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dweight) =>
        RefuseTraining(nameof(Conv2dBackwardWeight));

    public override void MaxPool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<int> indices, Tensor<float> dx) =>
        RefuseTraining(nameof(MaxPool2dBackward));

    public override void AveragePool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<float> dx) => RefuseTraining(nameof(AveragePool2dBackward));

    public override void BatchNormBackwardParameters<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation,
        Tensor<float> dweight, Tensor<float> dbias) => RefuseTraining(nameof(BatchNormBackwardParameters));

    public override void BatchNormBackwardInput<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dweight, Tensor<float>? dbias, Tensor<float> dx, Tensor<float>? dresidual) => RefuseTraining(nameof(BatchNormBackwardInput));

    public override void LayerNormBackward(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dx, Tensor<float>? dweight, Tensor<float>? dbias) => RefuseTraining(nameof(LayerNormBackward));

    public override void SoftmaxBackward(Tensor<float> dy, Tensor<float> y, Tensor<float> dx, bool log) => RefuseTraining(nameof(SoftmaxBackward));

    public override void CrossEntropyBackward(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> normalisers, Tensor<float> dlosses, Tensor<float> dlogits) =>
        RefuseTraining(nameof(CrossEntropyBackward));

    public override void AttentionBackward(
        AttentionSettings settings, Tensor<float> dy, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths,
        Tensor<float>? keyBias, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp,
        Tensor<float> dq, Tensor<float> dk, Tensor<float> dv, Tensor<float>? dbias) => RefuseTraining(nameof(AttentionBackward));

    public override void GatherBackward(Tensor<float> dy, Tensor<int> indices, Tensor<float> dtable) => RefuseTraining(nameof(GatherBackward));

    public override void Update<TRule>(TRule rule, Tensor<float> weight, Tensor<float> gradient, Tensor<float>? first, Tensor<float>? second) =>
        RefuseTraining(nameof(Update));

    private static void RefuseTraining(string family) => Refuse(family, "it is a part of training, and an exported model only infers");
}
