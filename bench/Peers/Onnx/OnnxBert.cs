using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>A BERT of ours in ONNX, in the operations into which exporters take it apart and which ONNX Runtime joins again:
/// attention with its mask, GELU by the error function.</summary>
internal sealed class OnnxBert(BertShape shape) : IOnnxModel
{
    private const string TokenIds = "input_ids";
    private const string TokenTypes = "token_type_ids";
    private const string AttentionMask = "attention_mask";

    public IReadOnlyList<(string Name, OrtValue Value)> MakeInputs()
    {
        long[] ids = Array.ConvertAll(shape.TokenIds, id => (long)id), types = new long[ids.Length], mask = new long[ids.Length];
        Array.Fill(mask, 1);
        return [(TokenIds, Value(ids)), (TokenTypes, Value(types)), (AttentionMask, Value(mask))];

        OrtValue Value(long[] numbers) => OrtValue.CreateTensorValueFromMemory(numbers, [shape.Batch, BertShape.Length]);
    }

    public (long ParameterCount, float[] Logits) Write(Stream file)
    {
        var model = shape.Sizes.Create();
        using var onnx = new OnnxWriter(file);
        new Body(onnx, model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name), shape).Write();
        using var pass = Pass.Infer(Device.Cpu);
        var logits = model.Forward(pass, new TextBatch(shape.Batch, BertShape.Length, shape.TokenIds))["logits"];
        return (onnx.ParameterCount, logits.Value.ToArray());
    }

    private sealed class Body(OnnxWriter onnx, Dictionary<string, Parameter> weights, BertShape shape)
    {
        private readonly BertSizes sizes = shape.Sizes;

        public void Write()
        {
            string x = Embeddings(), hidden = Hidden();
            for (int layer = 0; layer < sizes.Layers; layer++)
                x = Layer(x, hidden, string.Create(CultureInfo.InvariantCulture, $"bert.encoder.layer.{layer}"));
            x = onnx.Node("Gather", [x, onnx.Number(0L)], new OnnxAttribute("axis", 1L));
            x = onnx.Node("Tanh", [Gemm(x, "bert.pooler.dense")]);
            onnx.Output(onnx.NodeNamed(IOnnxModel.Logits, "Identity", [Gemm(x, "classifier")]), shape.Batch, BertSizes.Labels);
        }

        private string Embeddings()
        {
            const string Key = "bert.embeddings";
            string words = Rows($"{Key}.word_embeddings", onnx.Input(TokenIds, OnnxWriter.Int64, shape.Batch, BertShape.Length));
            string types = Rows($"{Key}.token_type_embeddings", onnx.Input(TokenTypes, OnnxWriter.Int64, shape.Batch, BertShape.Length));
            string places = Rows($"{Key}.position_embeddings", onnx.Integers([.. Enumerable.Range(0, BertShape.Length).Select(place => (long)place)]));
            return Norm(Sum(Sum(words, types), places), $"{Key}.LayerNorm");
        }

        /// <summary>What is added to the scores: 0 where the mask says 1, much below 0 where it says 0. [B, 1, 1, T].</summary>
        private string Hidden()
        {
            string mask = onnx.Input(AttentionMask, OnnxWriter.Int64, shape.Batch, BertShape.Length);
            foreach (long axis in (long[])[1, 2]) mask = onnx.Node("Unsqueeze", [mask], new OnnxAttribute("axes", [axis]));
            mask = onnx.Node("Cast", [mask], new OnnxAttribute("to", (long)OnnxWriter.Float));
            return onnx.Node("Mul", [onnx.Node("Sub", [onnx.Number(1f), mask]), onnx.Number(-10000f)]);
        }

        private string Layer(string x, string hidden, string key)
        {
            const string Attention = "attention.output", Output = "output";
            string joined = Linear(Attend(x, hidden, $"{key}.attention.self"), $"{key}.{Attention}.dense");
            x = Norm(Sum(joined, x), $"{key}.{Attention}.LayerNorm");
            string inner = Gelu(Linear(x, $"{key}.intermediate.dense"));
            return Norm(Sum(Linear(inner, $"{key}.{Output}.dense"), x), $"{key}.{Output}.LayerNorm");
        }

        private string Attend(string x, string hidden, string key)
        {
            string query = Split("query", [0, 2, 1, 3]), keys = Split("key", [0, 2, 3, 1]), values = Split("value", [0, 2, 1, 3]);
            string scores = onnx.Node("Div", [onnx.Node("MatMul", [query, keys]), onnx.Number(MathF.Sqrt(shape.HeadSize))]);
            string shares = onnx.Node("Softmax", [Sum(scores, hidden)], new OnnxAttribute("axis", 3L));
            string joined = onnx.Node("Transpose", [onnx.Node("MatMul", [shares, values])], new OnnxAttribute("perm", [0, 2, 1, 3]));
            return onnx.Node("Reshape", [joined, onnx.Integers(0, 0, sizes.HiddenSize)]);

            string Split(string part, long[] order) => onnx.Node(
                "Transpose", [onnx.Node("Reshape", [Linear(x, $"{key}.{part}"), onnx.Integers(0, 0, BertSizes.Heads, shape.HeadSize)])],
                new OnnxAttribute("perm", order));
        }

        private string Gelu(string x)
        {
            string bell = onnx.Node("Erf", [onnx.Node("Div", [x, onnx.Number(MathF.Sqrt(2))])]);
            return onnx.Node("Mul", [onnx.Node("Mul", [x, Sum(bell, onnx.Number(1f))]), onnx.Number(0.5f)]);
        }

        private string Linear(string x, string key) =>
            Sum(onnx.Node("MatMul", [x, onnx.Weights(weights[$"{key}.weight"], transposed: true)]), onnx.Weights(weights[$"{key}.bias"]));

        private string Gemm(string x, string key) =>
            onnx.Node("Gemm", [x, onnx.Weights(weights[$"{key}.weight"]), onnx.Weights(weights[$"{key}.bias"])], new OnnxAttribute("transB", 1L));

        private string Norm(string x, string key) => onnx.Node(
            "LayerNormalization", [x, onnx.Weights(weights[$"{key}.weight"]), onnx.Weights(weights[$"{key}.bias"])],
            new("axis", -1L), new OnnxAttribute("epsilon", BertSizes.LayerNormEpsilon));

        private string Rows(string key, string ids) => onnx.Node("Gather", [onnx.Weights(weights[$"{key}.weight"]), ids]);

        private string Sum(string a, string b) => onnx.Node("Add", [a, b]);
    }
}
