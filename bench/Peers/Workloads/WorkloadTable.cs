using Graft.Models;
using Graft.Tensors;

namespace Graft.Peers;

/// <summary>All workloads, a row each.</summary>
internal static class WorkloadTable
{
    public const string Torch = "torchsharp";
    public const string OnnxRuntime = "onnxruntime";
    public const string Whole = "graft-whole";
    public const string OpenBlas = "openblas";
    public const string PyTorch = "pytorch";

    public static IReadOnlyList<Workload> All { get; } =
    [
        Gemm("gemm-256", 256, 256, 256, repeats: 40),
        Gemm("gemm-1024", 1024, 1024, 1024, repeats: 3),
        Gemm("gemm-bert-ffn", 1024, 768, 3072, repeats: 2),
        Softmax("softmax-8x12x128x128", 8 * 12 * 128, 128, repeats: 20),
        LayerNorm("layernorm-1024x768", 1024, 768, repeats: 40),
        ResNet("resnet50-eval-b1", "resnet50", batch: 1, ResNetTask.Evaluate),
        ResNet("resnet50-eval-b8", "resnet50", batch: 8, ResNetTask.Evaluate),
        ResNet("resnet18-train-b16", "resnet18", batch: 16, ResNetTask.Train),
        ResNet("resnet50-train-b8", "resnet50", batch: 8, ResNetTask.Train),
        ResNet("resnet50-head-b8", "resnet50", batch: 8, ResNetTask.TrainHead),
        // multiply-adds of a picture of 224 pixels as torchvision publishes them
        Image("vgg16-eval-b1", "vgg16", batch: 1, multiplyAdds: 15.47e9),
        Image("mobilenetv2-eval-b1", "mobilenet_v2", batch: 1, multiplyAdds: 0.301e9),
        Image("efficientnet-b0-eval-b1", "efficientnet_b0", batch: 1, multiplyAdds: 0.386e9),
        Image("vit-b16-eval-b1", "vit_b_16", batch: 1, multiplyAdds: 17.56e9),
        PublishedGraph("resnet18-onnx-train-b16", batch: 16, multiplyAdds: 2.045e9),
        Bert("bert-base-eval-b1", BertSizes.Base, batch: 1, BertTask.Evaluate),
        Bert("bert-base-eval-b8", BertSizes.Base, batch: 8, BertTask.Evaluate),
        Bert("bert-base-train-b8", BertSizes.Base, batch: 8, BertTask.Train),
        Bert("minilm-train-b16", BertSizes.MiniLm, batch: 16, BertTask.Train),
        Bert("bert-base-lora-b8", BertSizes.Base, batch: 8, BertTask.TrainLora),
        Bert("minilm-lora-b16", BertSizes.MiniLm, batch: 16, BertTask.TrainLora),
        Sentences("minilm-embed-1000"),
        Generation("gpt2-small-prefill-128", batch: 1, GenerationPart.Prefill),
        Generation("gpt2-small-prefill-128-b8", batch: 8, GenerationPart.Prefill),
        Generation("gpt2-small-generate-128", batch: 1, GenerationPart.Decode),
        Generation("gpt2-small-generate-128-b8", batch: 8, GenerationPart.Decode),
        Generation("gpt2-small-generate-128-bf16", batch: 1, GenerationPart.Decode, WeightPrecision.BFloat16),
        Generation("gpt2-small-generate-128-int8", batch: 1, GenerationPart.Decode, WeightPrecision.Int8),
        Generation("gpt2-small-generate-128-b8-bf16", batch: 8, GenerationPart.Decode, WeightPrecision.BFloat16),
        Generation("gpt2-small-generate-128-b8-int8", batch: 8, GenerationPart.Decode, WeightPrecision.Int8),
        Generation("gpt2-small-prefill-128-int8", batch: 1, GenerationPart.Prefill, WeightPrecision.Int8),
    ];

    public static Workload Find(string name) => All.FirstOrDefault(workload => workload.Name == name)
        ?? throw new WrongInputException($"there is no workload '{name}'; there are {string.Join(", ", All.Select(workload => workload.Name))}");

    private static Workload Gemm(string name, int rows, int depth, int columns, int repeats)
    {
        var onnx = new OnnxProduct(rows, depth, columns);
        return new Workload(
            name, 2.0 * rows * depth * columns, repeats,
            [
                new(Workload.Ours, threads => new GemmSide(rows, depth, columns, threads)),
                new(Torch, threads => new TorchGemmSide(rows, depth, columns, threads)),
                new(OpenBlas, threads => new OpenBlasSide(rows, depth, columns, threads)),
                .. OnnxSide(name, onnx),
            ],
            onnx);
    }

    // a row: the largest, the differences, the exponentials, their sum and the quotients, each counted as one operation an element
    private static Workload Softmax(string name, int rows, int columns, int repeats) => new(
        name, 5.0 * rows * columns, repeats,
        [
            new(Workload.Ours, threads => new SoftmaxSide(rows, columns, threads)),
            new(Torch, threads => new TorchSoftmaxSide(rows, columns, threads)),
        ]);

    // a row: its sum, the differences, their squares and the squares' sum, the division, and what weight and bias do
    private static Workload LayerNorm(string name, int rows, int columns, int repeats) => new(
        name, 7.0 * rows * columns, repeats,
        [
            new(Workload.Ours, threads => new LayerNormSide(rows, columns, threads)),
            new(Torch, threads => new TorchLayerNormSide(rows, columns, threads)),
        ]);

    private static Workload ResNet(string name, string architecture, int batch, ResNetTask task)
    {
        var shape = ResNetShape.Of(architecture);
        var onnx = task == ResNetTask.Evaluate ? new OnnxResNet(architecture, batch) : null;
        return new Workload(
            name, shape.Operations(batch, task), Repeats: 1,
            [
                new(Workload.Ours, threads => new ImageSide(() => ModelRegistry.Create(architecture, ResNetShape.Classes), batch, task, threads)),
                new(Torch, threads => TorchSide.ResNet(shape, batch, task, threads)),
                new(PyTorch, null, ["resnet", architecture, $"{batch}", $"{task}"]),
                .. OnnxSide(name, onnx),
            ],
            onnx);
    }

    private static Workload Image(string name, string architecture, int batch, double multiplyAdds)
    {
        var onnx = new ExportedImages(architecture, batch);
        return new Workload(
            name, 2 * multiplyAdds * batch, Repeats: 1,
            [
                new(Workload.Ours, threads => new ImageSide(() => ModelRegistry.Create(architecture, ImageShape.Standard.Classes), batch, ResNetTask.Evaluate, threads)),
                new(Torch, threads => TorchSide.Exported(name, batch, threads)),
                .. OnnxSide(name, onnx),
            ],
            onnx);
    }

    /// <summary>The published residual network, imported from its ONNX file and given a head, learns as a whole.</summary>
    private static Workload PublishedGraph(string name, int batch, double multiplyAdds) => new(
        name, 3 * 2 * multiplyAdds * batch, Repeats: 1,
        [
            new(Workload.Ours, threads => new ImageSide(PublishedGraphFile.Open, batch, ResNetTask.Train, threads)),
            new(Torch, threads => TorchSide.Graph(PublishedGraphFile.Path, batch, threads)),
        ]);

    private static Workload Bert(string name, BertSizes sizes, int batch, BertTask task)
    {
        var shape = new BertShape(sizes, batch);
        var onnx = task == BertTask.Evaluate ? new OnnxBert(shape) : null;
        return new Workload(
            name, shape.Operations(task), Repeats: 1,
            [
                new(Workload.Ours, threads => new BertSide(shape, task, threads)),
                new(Torch, threads => TorchSide.Bert(shape, task, threads)),
                .. PyTorchSide(shape, task),
                .. WholeSide(shape, task),
                .. OnnxSide(name, onnx),
            ],
            onnx);
    }

    // the products of MiniLM's six layers, 384 wide: attention's of short sentences are little beside them
    private static Workload Sentences(string name) => new(
        name, 2.0 * SentenceWork.Tokens * 6 * (4 * 384 * 384 + 2 * 384 * 1536), Repeats: 1,
        [
            new(Workload.Ours, threads => new SentenceSide(threads)),
            new(OnnxRuntime, threads => new OnnxSentenceSide(threads)),
        ]);

    // whatever our weights are kept in, the peer's are single numbers
    private static Workload Generation(string name, int batch, GenerationPart part, WeightPrecision precision = WeightPrecision.Float32)
    {
        var shape = new Gpt2Shape(batch, part, precision);
        return new Workload(
            name, shape.Operations, Repeats: part == GenerationPart.Decode ? Gpt2Shape.Written : 1,
            [
                new(Workload.Ours, threads => new GenerationSide(shape, threads)),
                new(OnnxRuntime, threads => new OnnxGenerationSide(name, shape, threads)),
            ],
            new OnnxGpt2(shape), shape.Bytes);
    }

    private static IEnumerable<WorkloadSide> PyTorchSide(BertShape shape, BertTask task) => task == BertTask.TrainLora ? [] :
    [
        new(PyTorch, null, ["bert", $"{shape.Sizes.HiddenSize}", $"{shape.Sizes.Layers}", $"{shape.Sizes.IntermediateSize}", $"{shape.Batch}", $"{BertShape.Length}", $"{task}"]),
    ];

    /// <summary>What a LoRA saves: the same model of ours, learning as a whole.</summary>
    private static IEnumerable<WorkloadSide> WholeSide(BertShape shape, BertTask task) =>
        task == BertTask.TrainLora ? [new(Whole, threads => new BertSide(shape, BertTask.Train, threads))] : [];

    private static IEnumerable<WorkloadSide> OnnxSide(string workload, IOnnxModel? model) =>
        model is null ? [] : [new(OnnxRuntime, threads => new OnnxRuntimeSide(workload, model, threads))];
}
