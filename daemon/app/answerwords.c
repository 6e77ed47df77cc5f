#include "answerwords.h"

#include <string.h>

static const char *const words[YJ_W_COUNT][2] = {
    [YJ_W_TITLE] = {"应答", "Answer"},
    [YJ_W_SOMEBODY] = {"有人", "Somebody"},
    [YJ_W_SURNAME] = {"%s姓老人", "resident %s"},
    [YJ_W_JUST_NOW] = {"刚刚", "just now"},
    [YJ_W_LATE] = {"【迟到】", "[LATE]"},
    [YJ_W_DRILL] = {"【演练】", "[DRILL] "},
    [YJ_W_NOBODY_YET] = {"目前还没有人答应去", "Nobody is going yet"},
    [YJ_W_WITHDRAWN] = {"老人已撤回，请核实。目前还没有人答应去",
	"Taken back by the resident, please confirm. Nobody is going yet"},
    [YJ_W_YOU_GO] = {"您答应去，路上小心", "You are going. Take care on the way"},
    [YJ_W_ANOTHER_GOES] = {"%s正在赶去", "%s is going"},
    [YJ_W_YOU_ARRIVED] = {"您已到场", "You have arrived"},
    [YJ_W_ANOTHER_ARRIVED] = {"%s已到场", "%s has arrived"},
    [YJ_W_ENDED] = {"这次求助已结束", "This call has ended"},
    [YJ_W_ADDRESS] = {"地址", "Address"},
    [YJ_W_PLACE] = {"位置", "Place"},
    [YJ_W_SAID_BY_HOME] = {"老人或设备说", "What was said"},
    [YJ_W_ACCESS] = {"怎么进门", "How to get in"},
    [YJ_W_HEALTH] = {"健康情况", "Health"},
    [YJ_W_STATUS] = {"登记状态", "Status on record"},
    [YJ_W_PHONE] = {"电话", "Telephone"},
    [YJ_W_CALL_AND_FIND] = {"打电话、找路", "Call, find the way"},
    [YJ_W_VISIT_VIDEO] = {"视频联通：看看家里", "Video into the home"},
    [YJ_W_VISIT_VOICE] = {"语音联通：和老人说话", "Talk into the home"},
    [YJ_W_DIAL] = {"给老人打电话", "Call the resident"},
    [YJ_W_DIAL_120] = {"打急救电话120", "Call an ambulance (120)"},
    [YJ_W_NAVIGATE] = {"导航", "Navigate"},
    [YJ_W_AMAP] = {"用高德地图导航", "Navigate with Amap"},
    [YJ_W_GO] = {"我去", "I am going"},
    [YJ_W_IN_MINUTES] = {"我去，几分钟能到：", "I am going and shall be there in:"},
    [YJ_W_MINUTES] = {"分钟", " min"},
    [YJ_W_ARRIVED] = {"我到了", "I have arrived"},
    [YJ_W_REMOTE] = {"我不在附近，先打电话问", "I am not near, I ring first"},
    [YJ_W_DECLINE] = {"我去不了", "I cannot go"},
    [YJ_W_NEED_HELP] = {"需要支援，再叫人来", "I need help, call more people"},
    [YJ_W_END_IT] = {"事情办完了", "When it is over"},
    [YJ_W_OUTCOME] = {"结果", "Outcome"},
    [YJ_W_CHOOSE] = {"请选择", "Please choose"},
    [YJ_W_NOTE] = {"说明（可不填）", "Note (optional)"},
    [YJ_W_END] = {"结束", "End it"},
    [YJ_W_TEST] = {"通知", "Notice"},
    [YJ_W_CONFIRM] = {"收到，通道正常", "Received, it works"},
    [YJ_W_CONFIRMED] = {"您已确认收到", "You have confirmed it"},
    [YJ_W_NO_SIGNAL] = {"没有信号，正在重试。您的回答已存在手机里，请不要关闭本页",
	"No signal, trying again. Your answer is kept in this phone: please leave this page open"},
    [YJ_W_SENDING] = {"正在发送……", "Sending…"},
    [YJ_W_NOT_TAKEN] = {"没有记下，请刷新本页再按一次",
	"It was not taken: please reload this page and press again"},
    [YJ_W_S_NOTHING] = {"", ""},
    [YJ_W_S_GOING] = {"记下了：您是第一个答应去的，已告诉大家",
	"Noted: you are the first, and the others are told that you go"},
    [YJ_W_S_SECOND] = {"%s先答应了。您的回答也记下了，谢谢",
	"%s was first. Your answer is noted too, thank you"},
    [YJ_W_S_ALSO] = {"记下了。系统会继续找人", "Noted. The search goes on"},
    [YJ_W_S_REMOTE] = {"记下了：请您马上打电话问，系统继续找附近的人",
	"Noted: please ring at once, the search for somebody near goes on"},
    [YJ_W_S_DECLINED] = {"记下了：您去不了，系统会找别人",
	"Noted: you cannot go, others are called"},
    [YJ_W_S_ARRIVED] = {"记下了：您到了", "Noted: you have arrived"},
    [YJ_W_S_HELP] = {"记下了：正在再叫人来", "Noted: more people are being called"},
    [YJ_W_S_NOTED] = {"记下了", "Noted"},
    [YJ_W_S_RESOLVED] = {"记下了：已结束，谢谢您", "Noted: it has ended, thank you"},
    [YJ_W_S_CONFIRMED] = {"收到您的确认，谢谢", "Your confirmation has come, thank you"},
    [YJ_W_S_CLOSED] = {"这次求助已经结束，不用去了", "It has ended already, nobody needs to go"},
    [YJ_W_S_NO_OUTCOME] = {"没有记下：请先选择结果，再按“结束”",
	"Not taken: please choose an outcome, then press \"End it\""},
    [YJ_W_S_NOT_NOW] = {"没有记下：现在不能这样回答", "Not taken: not possible now"},
    [YJ_W_S_NOT_ALLOWED] = {"没有记下：您不在这次求助的名单里",
	"Not taken: you are not on the list for this call"},
    [YJ_W_P_UNKNOWN] = {"这个链接无效，请核对短信里的完整链接",
	"This link does not work: please check it against the whole link in the message"},
    [YJ_W_P_EXPIRED] = {"这个链接已过期，这次求助早已结束",
	"This link has expired: it ended long ago"},
    [YJ_W_P_REMOVED] = {"您已不在响应人员名单里，这个链接不能再用",
	"You are no longer on the list, so this link cannot be used"},
    [YJ_W_P_UNREADABLE] = {"没有看懂这个回答，请返回再按一次",
	"The answer could not be read: please go back and press again"},
    [YJ_W_P_TOO_LONG] = {"内容太长，请写短一些", "That is too long, please write less"},
    [YJ_W_P_TOO_MANY] = {"按得太快了，请过几秒再试",
	"Too many at once: please try again in a few seconds"},
    [YJ_W_P_NOT_NOW] = {"现在记不下来，请马上再按一次，或直接打电话",
	"It cannot be noted now: please press again at once, or telephone"},
    [YJ_W_P_WHAT_THEN] = {"有人需要帮助时，请直接打电话联系。",
	"If somebody needs help, please telephone."},
};

const char *yj_answer_word(bool en, enum yj_answer_word w)
{
	return words[w][en ? 1 : 0];
}

enum yj_answer_word yj_answer_said_word(enum yj_answer_said said)
{
	_Static_assert(
	    (int)YJ_W_P_UNKNOWN - (int)YJ_W_S_NOTHING == (int)YJ_SAID_COUNT, "a sentence for each");
	return (enum yj_answer_word)((int)YJ_W_S_NOTHING + (int)said);
}

const char *yj_answer_outcome(bool en, enum yj_outcome outcome)
{
	switch (outcome) {
	case YJ_OUTCOME_NONE:
		return "";
	case YJ_OUTCOME_HELPED:
		return en ? "Helped" : "已帮助";
	case YJ_OUTCOME_HOSPITAL:
		return en ? "Taken to hospital" : "已送医院";
	case YJ_OUTCOME_FALSE_ALARM:
		return en ? "Pressed by mistake" : "误按、误报";
	case YJ_OUTCOME_TEST:
		return en ? "A test" : "测试";
	case YJ_OUTCOME_DEVICE_FAULT:
		return en ? "Device fault" : "设备故障";
	case YJ_OUTCOME_DECEASED:
		return en ? "Deceased" : "已去世";
	case YJ_OUTCOME_OTHER:
		return en ? "Other" : "其他";
	}
	return "";
}

const char *yj_answer_status(bool en, const char *status)
{
	static const char *const known[][3] = {
	    {"away", "外出", "away"}, {"moved", "迁出", "moved"}, {"deceased", "去世", "deceased"}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i][0], status) == 0)
			return known[i][en ? 2 : 1];
	return status;
}
