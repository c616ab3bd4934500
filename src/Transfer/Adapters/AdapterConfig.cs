using System.Text.Json;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>What small part of a model learns while the rest stays as it is, and what learns whole beside it (PEFT's <c>PeftConfig</c>):
/// <see cref="LoraConfig"/>, <see cref="Ia3Config"/>, <see cref="BitFitConfig"/>,
/// <see cref="BottleneckConfig"/>, <see cref="VirtualTokensConfig"/>.</summary>
public abstract record AdapterConfig
{
    private const int MostNames = 4096;

    private protected AdapterConfig()
    {
    }

    /// <summary>Modules that learn whole beside the adapters and are saved with them (<c>modules_to_save</c>): a new head, by its key or the
    /// key's last names. What <see cref="TaskType"/> implies is added.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>The task (<c>task_type</c>): with <c>SEQ_CLS</c> and <c>TOKEN_CLS</c> the modules <c>classifier</c> and <c>score</c> are saved
    /// where the model has them, with <c>QUESTION_ANS</c> <c>qa_outputs</c>. Null for none.</summary>
    public string? TaskType { get; init; }

    /// <summary>The name or folder of the model that the adapters were trained on (<c>base_model_name_or_path</c>); null where it is not said.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The version of that model (<c>revision</c>); null where it is not said.</summary>
    public string? Revision { get; init; }

    /// <summary>The kind of adapter in PEFT's words (<c>peft_type</c>).</summary>
    public abstract string PeftType { get; }

    /// <summary>The modules that the task saves without being told to.</summary>
    internal IReadOnlyList<string> ImpliedModules => TaskType switch
    {
        "SEQ_CLS" or "TOKEN_CLS" => ["classifier", "score"],
        "QUESTION_ANS" => ["qa_outputs"],
        _ => [],
    };

    /// <exception cref="ArgumentException">A setting is impossible.</exception>
    internal virtual void Validate()
    {
        ArgumentNullException.ThrowIfNull(ModulesToSave);
        RequireFew(ModulesToSave.Count, "modules to save");
    }

    /// <exception cref="ArgumentException">There are more than any model has use for.</exception>
    private protected static void RequireFew(int count, string what)
    {
        if (count > MostNames) throw new ArgumentException($"{count} {what} are named, and {MostNames} may be: give a regular expression");
    }

    /// <summary>Makes the adapters of a model; nothing is changed yet.</summary>
    /// <param name="plan">The model and what learns whole.</param>
    /// <exception cref="ArgumentException">A target is not in the model, or does not fit.</exception>
    /// <exception cref="InvalidOperationException">A target has an adapter already.</exception>
    internal abstract IReadOnlyList<AdapterSlot> Slots(AdapterPlan plan);

    /// <summary>The base's own parameters that learn, beside whole modules.</summary>
    /// <param name="plan">The model and what learns whole.</param>
    /// <param name="slots">The adapters.</param>
    internal virtual IEnumerable<Parameter> Beside(AdapterPlan plan, IReadOnlyList<AdapterSlot> slots) => [];

    /// <summary>The same without dropout of its own.</summary>
    internal virtual AdapterConfig WithoutDropout() => this;

    /// <summary>What its files are called.</summary>
    internal virtual AdapterFiles Files => AdapterFiles.Peft;

    /// <summary>Writes <c>adapter_config.json</c>.</summary>
    /// <param name="json">What writes the object.</param>
    /// <param name="model">The base.</param>
    /// <param name="savedModules">What learns whole.</param>
    /// <param name="isTransposed">Whether the layers keep their weights as [K, O].</param>
    internal virtual void Write(Utf8JsonWriter json, Model model, IReadOnlyList<string> savedModules, bool isTransposed)
    {
        json.WriteNull("auto_mapping");
        json.WriteString("base_model_name_or_path", BaseModel);
        json.WriteBoolean("inference_mode", true);
        json.WriteString("peft_type", PeftType);
        json.WriteString("revision", Revision);
        json.WriteString("task_type", TaskType);
        if (savedModules.Count > 0) AdapterTargets.Write(json, "modules_to_save", AdapterTargets.Named(savedModules));
        else json.WriteNull("modules_to_save");
        WriteMembers(json, model, isTransposed);
    }

    /// <summary>Writes the members of <c>adapter_config.json</c> that are this kind's own.</summary>
    private protected abstract void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed);
}
