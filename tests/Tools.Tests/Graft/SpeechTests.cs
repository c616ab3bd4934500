using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Sounds on the command line: learnt, evaluated, written down.</summary>
public sealed class SpeechTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Speech_is_learnt_from_a_table_evaluated_and_written_down()
    {
        string bare = TinySpeech.Wav2Vec2(In("bare"), "Wav2Vec2Model", hasVocabulary: false), data = TinySpeech.Table(In("data"), 24, 1), test = TinySpeech.Table(In("test"), 6, 501);
        var tuned = GraftLine.Run(
            "fine-tune", "--task", "speech-recognition", "--model", bare, "--data", data, "--validation", Path.Combine(test, "metadata.csv"), "--out", In("saved"),
            "--epochs", "2", "--learning-rate", "0.003", "--mask-time", "0.05", "--freeze", "feature_extractor", "--json").AssertDone();
        Assert.Equal("Wav2Vec2ForCTC", tuned.GetProperty("model").GetString());
        Assert.Equal(24, tuned.GetProperty("examples").GetInt32());
        Assert.True(tuned.GetProperty("validation").GetProperty("cer").GetDouble() <= 1);

        var evaluated = GraftLine.Run("evaluate", "--model", In("saved"), "--data", test, "--json").AssertDone();
        Assert.Equal(tuned.GetProperty("validation").GetProperty("wer").GetDouble(), evaluated.GetProperty("wer").GetDouble(), 1e-9);
        Assert.Contains("wer", GraftLine.Run("evaluate", "--model", In("saved"), "--data", test).Output, StringComparison.Ordinal);

        string one = Path.Combine(test, "wavs", "0.wav");
        var run = GraftLine.Run("transcribe", one, "--model", In("saved"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var heard = GraftLine.Run("transcribe", one, "--model", In("saved"), "--timestamps", "--chunk-seconds", "5", "--json").AssertDone();
        Assert.Equal(run.Output.TrimEnd('\r', '\n'), heard.GetProperty("text").GetString());
        Assert.Equal(one, heard.GetProperty("file").GetString());
        Assert.Equal(6, GraftLine.Run("transcribe", Path.Combine(test, "wavs"), "--model", In("saved"), "--num-beams", "2").Output.Count(static letter => letter == '\n'));
        GraftLine.Run("predict", one, "--model", In("saved"), "--json").AssertDone();

        GraftLine.Run(
            "fine-tune", "--task", "speech-recognition", "--model", In("saved"), "--data", data, "--out", In("more"), "--epochs", "1", "--adapter", "lora", "--held-out", "0.2",
            "--json").AssertDone();
        Assert.Equal(0, GraftLine.Run("transcribe", one, "--model", In("more")).ExitCode);
    }

    [Fact]
    public void Classes_of_sounds_are_learnt_from_folders()
    {
        string bare = TinySpeech.Wav2Vec2(In("bare"), "Wav2Vec2Model", hasVocabulary: false), data = TinySpeech.Classes(In("data"), 6, 1);
        var tuned = GraftLine.Run(
            "fine-tune", "--task", "audio-classification", "--model", bare, "--from-scratch", "--data", data, "--held-out", "0.2", "--out", In("saved"), "--epochs", "2",
            "--json").AssertDone();
        Assert.Equal(["tone-a", "tone-b", "tone-c"], tuned.GetProperty("classes").EnumerateArray().Select(static one => one.GetString()));
        var evaluated = GraftLine.Run("evaluate", "--model", In("saved"), "--data", data, "--json").AssertDone();
        Assert.Equal(18, evaluated.GetProperty("confusion").EnumerateArray().Sum(static row => row.EnumerateArray().Sum(static one => one.GetInt32())));
        Assert.Contains("taken for", GraftLine.Run("evaluate", "--model", In("saved"), "--data", data).Output, StringComparison.Ordinal);
        var predicted = GraftLine.Run("predict", data, "--model", In("saved"), "--top", "1", "--json").AssertDone();
        Assert.Equal(18, predicted.GetProperty("predictions").GetArrayLength());
        Assert.StartsWith(Path.Combine(data, "tone-a", "0.wav"), GraftLine.Run("predict", Path.Combine(data, "tone-a", "0.wav"), "--model", In("saved")).Output, StringComparison.Ordinal);
        GraftLine.Run("transcribe", data, "--model", In("saved")).AssertFailed(2, "graft predict");
        GraftLine.Run("fine-tune", "--task", "audio-classification", "--model", bare, "--data", data, "--out", In("other"), "--max-length", "5").AssertFailed(2, "--max-length is for texts");
        GraftLine.Run("fine-tune", "--task", "audio-classification", "--model", bare, "--data", data, "--out", In("other"), "--folds", "2").AssertFailed(2, "--folds");
    }

    [Fact]
    public void A_Whisper_writes_in_the_language_that_is_asked_for()
    {
        string model = TinySpeech.Whisper(In("whisper")), sound = In("long.wav");
        TinySpeech.Say("ABCDABCDABCD ABCD").Write(sound);
        var heard = GraftLine.Run("transcribe", sound, "--model", model, "--language", "de", "--task", "translate", "--timestamps", "--json").AssertDone();
        Assert.Equal("de", heard.GetProperty("language").GetString());
        Assert.True(heard.GetProperty("segments").GetArrayLength() > 0);
        Assert.Contains(" - ", GraftLine.Run("transcribe", sound, "--model", model, "--timestamps").Output, StringComparison.Ordinal);
        GraftLine.Run("transcribe", sound, "--model", model, "--language", "xx").AssertFailed(2, "there is no language 'xx'");
        GraftLine.Run("transcribe", sound, "--model", model, "--task", "sing").AssertFailed(2, "--task");
    }

    [Fact]
    public void Wrong_input_is_one_line()
    {
        string model = TinySpeech.Wav2Vec2(In("tiny")), sound = In("sound.wav"), encoder = TinyEncoder.Write(In("encoder")), data = TinySpeech.Table(In("data"), 2, 1);
        TinySpeech.Say("AB").Write(sound);
        GraftLine.Run("transcribe", In("nowhere.wav"), "--model", model).AssertFailed(2, "no such file");
        GraftLine.Run("transcribe", sound, "--model", encoder).AssertFailed(2, "no model of sounds");
        GraftLine.Run("transcribe", sound, "--model", model, "--language", "en").AssertFailed(2, "Whisper");
        GraftLine.Run("transcribe", sound, "--model", model, "--max-new-tokens", "5").AssertFailed(2, "--max-new-tokens");
        GraftLine.Run("transcribe", sound, "--model", model, "--num-beams", "4", "--timestamps").AssertFailed(2, "beams");
        GraftLine.Run("transcribe", sound, "--model", model, "--chunk-seconds", "0").AssertFailed(2, "--chunk-seconds");
        File.WriteAllText(In("odd.wav"), "no sound");
        GraftLine.Run("transcribe", In("odd.wav"), "--model", model).AssertFailed(2, "odd.wav");
        new Graft.Audio.Waveform([], 16000).Write(In("empty.wav"));
        GraftLine.Run("transcribe", In("empty.wav"), "--model", model).AssertFailed(2, "no samples");
        string[] tune = ["fine-tune", "--task", "speech-recognition", "--model", model, "--out", In("out"), "--data"];
        GraftLine.Run([.. tune, In("nowhere.csv")]).AssertFailed(2, "nowhere.csv");
        Directory.CreateDirectory(In("bare"));
        GraftLine.Run([.. tune, In("bare")]).AssertFailed(2, "metadata.csv");
        GraftLine.Run([.. tune, data, "--audio-column", "nowhere"]).AssertFailed(2, "nowhere");
        GraftLine.Run([.. tune, data, "--augment", "flip"]).AssertFailed(2, "--augment is for pictures");
        GraftLine.Run([.. tune, data, "--report", In("report")]).AssertFailed(2, "--report");
        File.WriteAllText(Path.Combine(data, "metadata.csv"), "file,text\nwavs/0.wav,A\nwavs/9.wav,B\n");
        GraftLine.Run([.. tune, data]).AssertFailed(2, "line 3", "wavs/9.wav");
        GraftLine.Run("evaluate", "--model", encoder, "--data", sound, "--language", "en").AssertFailed(2, "--language");
    }

    private string In(string name) => Path.Combine(folder, name);
}
