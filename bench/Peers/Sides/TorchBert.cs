using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Peers;

/// <summary>A BERT with a classifier in TorchSharp's modules: ids [B, T] to logits [B, L], every place a token of the first type.</summary>
internal sealed class TorchBert : Module<Tensor, Tensor>
{
    private readonly TorchSharp.Modules.Embedding words;
    private readonly TorchSharp.Modules.Embedding positions;
    private readonly TorchSharp.Modules.Embedding types;
    private readonly TorchSharp.Modules.LayerNorm norm;
    private readonly TorchSharp.Modules.Dropout dropout;
    private readonly ModuleList<Module<Tensor, Tensor>> layers;
    private readonly TorchSharp.Modules.Linear pooler;
    private readonly TorchSharp.Modules.Linear classifier;
    private readonly TorchSharp.Modules.Dropout classifierDropout;
    private readonly Tensor places;
    private readonly Tensor firstType;

    public TorchBert(BertSizes sizes) : base("bert")
    {
        words = Embedding(BertSizes.VocabularySize, sizes.HiddenSize, BertSizes.PaddingToken);
        positions = Embedding(BertSizes.MaximumPositions, sizes.HiddenSize);
        types = Embedding(BertSizes.TokenTypes, sizes.HiddenSize);
        norm = LayerNorm(sizes.HiddenSize, BertSizes.LayerNormEpsilon);
        dropout = Dropout(BertSizes.Dropout);
        layers = ModuleList([.. Enumerable.Range(0, sizes.Layers).Select(Module<Tensor, Tensor> (_) => new Layer(sizes))]);
        pooler = Linear(sizes.HiddenSize, sizes.HiddenSize);
        classifier = Linear(sizes.HiddenSize, BertSizes.Labels);
        classifierDropout = Dropout(BertSizes.Dropout);
        places = arange(BertShape.Length);
        firstType = zeros(1, int64);
        RegisterComponents();
        foreach (var parameter in parameters())
            if (parameter.dim() > 1) init.normal_(parameter, 0, BertSizes.InitializerRange);
    }

    public override Tensor forward(Tensor input)
    {
        var x = words.forward(input).add_(types.forward(firstType)).add_(positions.forward(places));
        x = dropout.forward(norm.forward(x));
        foreach (var layer in layers) x = layer.forward(x);
        return classifier.forward(classifierDropout.forward(pooler.forward(x.select(1, 0)).tanh()));
    }

    private sealed class Layer : Module<Tensor, Tensor>
    {
        private readonly int heads;
        private readonly float attentionDropout;
        private readonly TorchSharp.Modules.Linear query;
        private readonly TorchSharp.Modules.Linear key;
        private readonly TorchSharp.Modules.Linear value;
        private readonly TorchSharp.Modules.Linear join;
        private readonly TorchSharp.Modules.LayerNorm attentionNorm;
        private readonly TorchSharp.Modules.Linear up;
        private readonly TorchSharp.Modules.Linear down;
        private readonly TorchSharp.Modules.LayerNorm outputNorm;
        private readonly TorchSharp.Modules.Dropout dropout;

        public Layer(BertSizes sizes) : base("layer")
        {
            heads = BertSizes.Heads;
            attentionDropout = BertSizes.Dropout;
            int width = sizes.HiddenSize;
            (query, key, value, join) = (Linear(width, width), Linear(width, width), Linear(width, width), Linear(width, width));
            attentionNorm = LayerNorm(width, BertSizes.LayerNormEpsilon);
            up = Linear(width, sizes.IntermediateSize);
            down = Linear(sizes.IntermediateSize, width);
            outputNorm = LayerNorm(width, BertSizes.LayerNormEpsilon);
            dropout = Dropout(BertSizes.Dropout);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var attended = Attend(Split(query.forward(input)), Split(key.forward(input)), Split(value.forward(input)));
            var joined = join.forward(attended.transpose(1, 2).reshape(input.shape));
            var x = attentionNorm.forward(dropout.forward(joined).add_(input));
            return outputNorm.forward(dropout.forward(down.forward(functional.gelu(up.forward(x)))).add_(x));
        }

        // libtorch's joined kernel has no dropout on the CPU: with it, its own steps one by one are the faster way
        private Tensor Attend(Tensor q, Tensor k, Tensor v)
        {
            if (!training) return functional.scaled_dot_product_attention(q, k, v);
            var shares = q.mul(1 / Math.Sqrt(q.shape[^1])).matmul(k.transpose(-2, -1)).softmax(-1);
            return functional.dropout(shares, attentionDropout, training).matmul(v);
        }

        private Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);
    }
}
