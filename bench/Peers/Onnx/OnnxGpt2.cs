using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>A GPT-2 of ours in ONNX with keys and values as inputs and outputs, as exporters write a decoder "with past".</summary>
internal sealed class OnnxGpt2(Gpt2Shape shape) : IOnnxModel
{
    public const string TokenIds = "input_ids", PositionIds = "position_ids", Mask = "attention_mask";

    private const string Trunk = "transformer";

    public static IReadOnlyList<string> PastNames { get; } = Names("past");

    public static IReadOnlyList<string> PresentNames { get; } = Names("present");

    /// <summary>What a run is given depends on those before it: the side makes it.</summary>
    public IReadOnlyList<(string Name, OrtValue Value)> MakeInputs() => [];

    public (long ParameterCount, float[] Logits) Write(Stream file)
    {
        var model = Gpt2Shape.Create();
        using var onnx = new OnnxWriter(file);
        new Body(onnx, model.Parameters().ToDictionary(parameter => parameter.Name), shape.Batch).Write();
        using var step = model.CreateDecodingStep(Device.Cpu);
        float[] read = new float[shape.Batch * step.Vocabulary], next = new float[read.Length];
        step.Begin(shape.Prompts, copies: 1, Gpt2Shape.Prompt + 1, read);
        step.Continue(shape.Following[0], next);
        return (onnx.ParameterCount, [.. read, .. next]);
    }

    private static string[] Names(string kind) =>
        [.. Enumerable.Range(0, Gpt2Shape.Layers).SelectMany(layer => new[] { $"{kind}.{layer}.key", $"{kind}.{layer}.value" })];

    private sealed class Body(OnnxWriter onnx, Dictionary<string, Parameter> weights, int batch)
    {
        private const long Open = OnnxWriter.OpenLength;

        public void Write()
        {
            string words = onnx.Weights(weights[$"{Trunk}.wte.weight"]);
            string x = Sum(
                onnx.Node("Gather", [words, onnx.Input(TokenIds, OnnxWriter.Int64, batch, Open)]),
                onnx.Node("Gather", [onnx.Weights(weights[$"{Trunk}.wpe.weight"]), onnx.Input(PositionIds, OnnxWriter.Int64, Open)]));
            string mask = onnx.Input(Mask, OnnxWriter.Float, Open, Open);
            for (int layer = 0; layer < Gpt2Shape.Layers; layer++) x = Layer(x, mask, layer);
            string last = onnx.Node("Gather", [Norm(x, $"{Trunk}.ln_f"), onnx.Number(-1L)], new OnnxAttribute("axis", 1L));
            onnx.Output(
                onnx.NodeNamed(IOnnxModel.Logits, "Gemm", [last, words], new OnnxAttribute("transB", 1L)), batch, Gpt2Shape.VocabularySize);
        }

        private string Layer(string x, string mask, int layer)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"{Trunk}.h.{layer}");
            x = Sum(x, Linear(Attend(Norm(x, $"{key}.ln_1"), mask, layer, $"{key}.attn"), $"{key}.attn.c_proj"));
            return Sum(x, Linear(Gelu(Linear(Norm(x, $"{key}.ln_2"), $"{key}.mlp.c_fc")), $"{key}.mlp.c_proj"));
        }

        private string Attend(string x, string mask, int layer, string key)
        {
            string joined = Linear(x, $"{key}.c_attn");
            string query = Heads(0), keys = WithPast(2 * layer, Heads(1)), values = WithPast(2 * layer + 1, Heads(2));
            string scores = onnx.Node("MatMul", [query, onnx.Node("Transpose", [keys], new OnnxAttribute("perm", [0, 1, 3, 2]))]);
            scores = Sum(onnx.Node("Div", [scores, onnx.Number(MathF.Sqrt(Gpt2Shape.HeadSize))]), mask);
            string shares = onnx.Node("Softmax", [scores], new OnnxAttribute("axis", 3L));
            string together = onnx.Node("Transpose", [onnx.Node("MatMul", [shares, values])], new OnnxAttribute("perm", [0, 2, 1, 3]));
            return onnx.Node("Reshape", [together, onnx.Integers(0, 0, Gpt2Shape.Width)]);

            string Heads(int part)
            {
                string own = onnx.Node("Slice", [joined, onnx.Integers(part * Gpt2Shape.Width), onnx.Integers((part + 1) * Gpt2Shape.Width), onnx.Integers(2)]);
                string split = onnx.Node("Reshape", [own, onnx.Integers(0, 0, Gpt2Shape.Heads, Gpt2Shape.HeadSize)]);
                return onnx.Node("Transpose", [split], new OnnxAttribute("perm", [0, 2, 1, 3]));
            }
        }

        private string WithPast(int index, string own)
        {
            string past = onnx.Input(PastNames[index], OnnxWriter.Float, batch, Gpt2Shape.Heads, Open, Gpt2Shape.HeadSize);
            string present = onnx.NodeNamed(PresentNames[index], "Concat", [past, own], new OnnxAttribute("axis", 2L));
            onnx.Output(present, batch, Gpt2Shape.Heads, Open, Gpt2Shape.HeadSize);
            return present;
        }

        /// <summary>GELU by the hyperbolic tangent, in the operations that ONNX Runtime joins.</summary>
        private string Gelu(string x)
        {
            string cube = onnx.Node("Pow", [x, onnx.Number(3f)]);
            string inner = onnx.Node("Mul", [Sum(x, onnx.Node("Mul", [cube, onnx.Number(0.044715f)])), onnx.Number(MathF.Sqrt(2 / MathF.PI))]);
            return onnx.Node("Mul", [onnx.Node("Mul", [x, onnx.Number(0.5f)]), Sum(onnx.Node("Tanh", [inner]), onnx.Number(1f))]);
        }

        private string Linear(string x, string key) =>
            Sum(onnx.Node("MatMul", [x, onnx.Weights(weights[$"{key}.weight"])]), onnx.Weights(weights[$"{key}.bias"]));

        private string Norm(string x, string key) => onnx.Node(
            "LayerNormalization", [x, onnx.Weights(weights[$"{key}.weight"]), onnx.Weights(weights[$"{key}.bias"])],
            new("axis", -1L), new OnnxAttribute("epsilon", Gpt2Shape.LayerNormEpsilon));

        private string Sum(string a, string b) => onnx.Node("Add", [a, b]);
    }
}
