using Graft.Models;

namespace Graft.Transfer;

/// <summary>What a recipe's adapters are put on and what learns with them, where nobody says it.</summary>
internal static class AdapterDefaults
{
    // queries and values, or all three where they are one map (PEFT's own choice)
    private static readonly string[] Attending =
    [
        "query", "value", "q_lin", "v_lin", "q_proj", "v_proj", "attn.q", "attn.v", "c_attn", "qkv", "in_proj", "self_attention",
        "SelfAttention.q", "SelfAttention.v", "EncDecAttention.q", "EncDecAttention.v",
    ];

    private static readonly string[] Keys =
    [
        "key", "value", "k_lin", "v_lin", "k_proj", "v_proj", "attn.k", "attn.v", "c_attn", "qkv", "self_attention",
        "SelfAttention.k", "SelfAttention.v", "EncDecAttention.k", "EncDecAttention.v",
    ];

    private static readonly string[] Feedforward = ["output.dense", "ffn.lin2", "ffn_output", "mlp.c_proj", "mlp.fc2", "mlp.3", "mlp.down_proj", "DenseReluDense.wo"];

    /// <summary>Queries and values of attention; without attention the convolutions of one group, or the linear layers.</summary>
    public static AdapterTargets LoraTargets(Model model)
    {
        var layers = Layers(model);
        if (Named(layers, Attending) is { Length: > 0 } attending) return AdapterTargets.Named(attending);
        string[] convolutions = [.. layers.Where(static layer => layer is Conv2d { Geometry.Groups: 1 }).Select(static layer => layer.Key)];
        return convolutions.Length > 0 ? AdapterTargets.Named(convolutions) : AdapterTargets.AllLinear;
    }

    /// <summary>Keys and values of attention and the perceptron's second maps, whose inputs are multiplied.</summary>
    public static (AdapterTargets Targets, AdapterTargets? Feedforward) Ia3Targets(Model model)
    {
        var layers = Layers(model);
        string[] keys = Named(layers, Keys), inner = Named(layers, Feedforward);
        return keys.Length + inner.Length == 0 ? (AdapterTargets.AllLinear, null)
            : (AdapterTargets.Named([.. keys, .. inner]), inner.Length == 0 ? null : AdapterTargets.Named(inner));
    }

    /// <summary>The keys of the head's modules, and of whatever else the weights did not have; a pooler that they had stays.</summary>
    public static IEnumerable<string> HeadModules(Model model, IReadOnlyCollection<string> newTensors)
    {
        // the words that come out are those that go in: no head is new
        bool writes = model is TextModel { Head: TextHead.CausalLanguageModel or TextHead.SequenceToSequence };
        string[] all = [.. model.Parameters().Select(static parameter => parameter.Name)];
        var head = model.Stages[^1].Modules.SelectMany(static module => module.Parameters()).Select(static parameter => parameter.Name).ToHashSet(StringComparer.Ordinal);
        var modules = new List<string>();
        foreach (string name in head)
        {
            string first = name.Split('.')[0], inner = name.Contains('.', StringComparison.Ordinal) ? name[..name.LastIndexOf('.')] : name;
            bool isOfHead = all.Where(other => other.StartsWith($"{first}.", StringComparison.Ordinal)).All(head.Contains) && first != "pooler";
            if (isOfHead && first != name && !writes) modules.Add(first);
            else if (newTensors.Contains(name)) modules.Add(inner);
        }
        return modules.Distinct();
    }

    /// <summary>PEFT's word for what a model is for; null for none.</summary>
    public static string? TaskOf(Model model) => (model as TextModel)?.Head switch
    {
        TextHead.SequenceClassification => "SEQ_CLS",
        TextHead.TokenClassification => "TOKEN_CLS",
        TextHead.QuestionAnswering => "QUESTION_ANS",
        TextHead.CausalLanguageModel => "CAUSAL_LM",
        TextHead.SequenceToSequence => "SEQ_2_SEQ_LM",
        _ => null,
    };

    private static List<AdaptableLayer> Layers(Model model)
    {
        var head = model.Stages[^1].Modules.SelectMany(static module => module.Descendants().Prepend(module)).ToHashSet();
        return [.. model.Descendants().OfType<AdaptableLayer>().Where(layer => !head.Contains(layer))];
    }

    private static string[] Named(List<AdaptableLayer> layers, string[] names) =>
        [.. names.Where(name => layers.Exists(layer => layer is Linear && AdapterTargets.IsNamed(layer.Key, name)))];
}
